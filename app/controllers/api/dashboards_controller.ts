import type { HttpContext } from '@adonisjs/core/http'
import { clientDashboard } from '#escrow/dashboard/client_dashboard'
import { freelancerDashboard } from '#escrow/dashboard/freelancer_dashboard'
import ClientDashboardTransformer from '#transformers/client_dashboard_transformer'
import FreelancerDashboardTransformer from '#transformers/freelancer_dashboard_transformer'
import { serialize } from '#transformers/serialize'

export default class DashboardsController {
  async show({ auth }: HttpContext) {
    const user = auth.getUserOrFail()
    return user.userType === 'client'
      ? serialize(ClientDashboardTransformer.transform(await clientDashboard(user)))
      : serialize(FreelancerDashboardTransformer.transform(await freelancerDashboard(user)))
  }
}
