import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { projectOfMilestone, readProject } from '#console/project_page'
import { readProjects } from '#console/projects_page'
import { timelinePage } from '#validators/console/filters'
import { PROJECT_STATUSES, PROJECT_TROUBLES, projectsFilter } from '#validators/console/people'

export default class ProjectsController {
  async index({ request, view }: HttpContext) {
    const query = await projectsFilter.validate(request.qs())
    const page = await readProjects(db.connection(), query)
    const choices = { statuses: PROJECT_STATUSES, troubles: PROJECT_TROUBLES }
    return view.render('console/projects/index', { page, query, ...choices })
  }

  async show({ params, request, view }: HttpContext) {
    const query = await timelinePage.validate(request.qs())
    const shown = await readProject(db.connection(), params.id, query.after)
    return view.render('console/projects/show', { ...shown, query })
  }

  /** A milestone has no page of its own: it is a part of the story. */
  async milestone({ params, response }: HttpContext) {
    const project = await projectOfMilestone(db.connection(), params.id)
    const path = `/console/projects/${project}#milestone-${params.id}`
    return response.redirect().status(303).toPath(path)
  }
}
