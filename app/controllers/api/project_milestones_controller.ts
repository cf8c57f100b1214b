import type { HttpContext } from '@adonisjs/core/http'
import { addDraftMilestone } from '#escrow/edit_draft'
import { loadMilestoneDetails } from '#escrow/milestone_details'
import { milestonesVisibleTo, visibleProject } from '#escrow/visible'
import ProjectPolicy from '#policies/project_policy'
import { describeMilestone } from '#transformers/describe'
import MilestoneTransformer from '#transformers/milestone_transformer'
import { readPage } from '#transformers/page'
import { serializePage } from '#transformers/serialize'
import { createMilestoneValidator, listMilestonesValidator } from '#validators/milestone'

export default class ProjectMilestonesController {
  async index({ auth, params, request }: HttpContext) {
    const { status, ...page } = await listMilestonesValidator.validate(request.qs())
    const user = auth.getUserOrFail()
    const project = await visibleProject(user, params.id)
    const query = milestonesVisibleTo(user).where('project_id', project.id)
    if (status) query.where('status', status)
    const read = await readPage(query, page, { order: 'asc' })
    const totals = await loadMilestoneDetails(read.rows)
    return serializePage(MilestoneTransformer.transform(read.rows, totals), read)
  }

  async store({ auth, bouncer, params, request, response }: HttpContext) {
    const by = auth.getUserOrFail()
    const project = await visibleProject(by, params.id)
    await bouncer.with(ProjectPolicy).authorize('edit', project)
    const milestone = await request.validateUsing(createMilestoneValidator)
    response.status(201)
    return describeMilestone(await addDraftMilestone(project.id, { by, milestone }))
  }
}
