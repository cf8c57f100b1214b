import type { HttpContext } from '@adonisjs/core/http'
import env from '#start/env'
import { onboardingLinkOf } from '#payments/payout_accounts'
import { onboardingLinkValidator } from '#validators/payout_account'

export default class OnboardingLinksController {
  async store({ auth, params, request, response }: HttpContext) {
    const urls = await request.validateUsing(onboardingLinkValidator)
    const home = env.get('FRONTEND_URL') ?? env.get('APP_URL')
    const url = await onboardingLinkOf(auth.getUserOrFail(), params.id, {
      return: urls.return_url ?? home,
      refresh: urls.refresh_url ?? urls.return_url ?? home,
    })
    response.header('cache-control', 'no-store')
    return { data: { url } }
  }
}
