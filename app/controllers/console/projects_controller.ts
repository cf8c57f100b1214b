import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { projectOfMilestone, readProject } from '#console/project_page'
import { readProjects } from '#console/projects_page'
import { PROJECT_STATUSES, PROJECT_TROUBLES, projectsFilter } from '#validators/console/people'

export default class ProjectsController {
  async index({ request, view }: HttpContext) {
    const query = await projectsFilter.validate(request.qs())
    const page = await readProjects(db.connection(), query)
    const choices = { statuses: PROJECT_STATUSES, troubles: PROJECT_TROUBLES }
    return view.render('console/projects/index', { page, query, ...choices })
  }

  async show({ params, view }: HttpContext) {
    return view.render('console/projects/show', await readProject(db.connection(), params.id))
  }

  /** A milestone has no page of its own: it is a part of the story. */
  async milestone({ params, response }: HttpContext) {
    const project = await projectOfMilestone(db.connection(), params.id)
    const path = `/console/projects/${project}#milestone-${params.id}`
    return response.redirect().status(303).toPath(path)
  }
}
