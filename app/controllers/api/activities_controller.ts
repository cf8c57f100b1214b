import type { HttpContext } from '@adonisjs/core/http'
import { visibleProject } from '#escrow/visible'
import Activity from '#models/activity'
import ActivityTransformer from '#transformers/activity_transformer'
import { pageValidator, readPage } from '#transformers/page'
import { serializePage } from '#transformers/serialize'

export default class ActivitiesController {
  async index({ auth, params, request }: HttpContext) {
    const page = await pageValidator.validate(request.qs())
    const project = await visibleProject(auth.getUserOrFail(), params.id)
    const read = await readPage(Activity.query().where('project_id', project.id), page)
    return serializePage(ActivityTransformer.transform(read.rows), read)
  }
}
