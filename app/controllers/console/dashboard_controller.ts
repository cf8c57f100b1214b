import type { HttpContext } from '@adonisjs/core/http'
import { readDashboard } from '#console/dashboard_page'

export default class DashboardController {
  async show({ view }: HttpContext) {
    return view.render('console/dashboard/show', await readDashboard())
  }
}
