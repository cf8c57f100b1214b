import type { HttpContext } from '@adonisjs/core/http'
import env from '#start/env'
import { confirmLately } from '#identity/confirm_password'
import { onboardingLinkOf } from '#payments/payout_accounts'
import { onboardingLinkValidator } from '#validators/payout_account'

export default class OnboardingLinksController {
  async store({ auth, params, request, response }: HttpContext) {
    const urls = await request.validateUsing(onboardingLinkValidator)
    // Whoever has the link can say at the provider which bank account is paid.
    await confirmLately(auth.use('api').sessionId!)
    const home = env.get('FRONTEND_URL') ?? env.get('APP_URL')
    const url = await onboardingLinkOf(auth.getUserOrFail(), params.id, {
      return: urls.return_url ?? home,
      refresh: urls.refresh_url ?? urls.return_url ?? home,
    })
    response.header('cache-control', 'no-store')
    return { data: { url } }
  }
}
