import type { HttpContext } from '@adonisjs/core/http'
import { createProject } from '#escrow/create_project'
import { deleteDraft, editDraft } from '#escrow/edit_draft'
import { listProjects } from '#escrow/list_projects'
import { visibleProject } from '#escrow/visible'
import ProjectPolicy from '#policies/project_policy'
import { describeProject } from '#transformers/describe'
import {
  createProjectValidator,
  editProjectValidator,
  listProjectsValidator,
} from '#validators/project'

export default class ProjectsController {
  async index({ auth, request, response }: HttpContext) {
    const filter = await listProjectsValidator.validate(request.qs())
    const { rows, meta } = await listProjects(auth.getUserOrFail(), filter)
    // Plain strings all of it: the framework's own serialisation, which copes with anything, takes longer.
    response.header('content-type', 'application/json; charset=utf-8')
    return JSON.stringify({ data: rows, meta })
  }

  async store({ auth, bouncer, request, response }: HttpContext) {
    await bouncer.with(ProjectPolicy).authorize('create')
    const input = await request.validateUsing(createProjectValidator)
    response.status(201)
    const by = auth.getUserOrFail()
    return describeProject(await createProject(by, input), by)
  }

  async show({ auth, params }: HttpContext) {
    const user = auth.getUserOrFail()
    return describeProject(await visibleProject(user, params.id), user)
  }

  async update({ auth, bouncer, params, request }: HttpContext) {
    const by = auth.getUserOrFail()
    const project = await visibleProject(by, params.id)
    await bouncer.with(ProjectPolicy).authorize('edit', project)
    const changes = await request.validateUsing(editProjectValidator)
    return describeProject(await editDraft(project.id, { by, changes }), by)
  }

  async destroy({ auth, bouncer, params, response }: HttpContext) {
    const project = await visibleProject(auth.getUserOrFail(), params.id)
    await bouncer.with(ProjectPolicy).authorize('delete', project)
    await deleteDraft(project.id)
    return response.noContent()
  }
}
