import type { HttpContext } from '@adonisjs/core/http'
import { cancelProject } from '#escrow/cancel_project'
import { completeProject } from '#escrow/complete_project'
import { visibleProject } from '#escrow/visible'
import ProjectPolicy from '#policies/project_policy'
import { describeProject } from '#transformers/describe'

/** The two ways in which a project ends. */
export default class ProjectEndingsController {
  async cancel({ auth, bouncer, params }: HttpContext) {
    const by = auth.getUserOrFail()
    const project = await visibleProject(by, params.id)
    await bouncer.with(ProjectPolicy).authorize('cancel', project)
    return describeProject(await cancelProject(project.id, { by }), by)
  }

  async complete({ auth, bouncer, params }: HttpContext) {
    const by = auth.getUserOrFail()
    const project = await visibleProject(by, params.id)
    await bouncer.with(ProjectPolicy).authorize('complete', project)
    return describeProject(await completeProject(project.id, { by }), by)
  }
}
