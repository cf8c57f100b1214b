import type { HttpContext } from '@adonisjs/core/http'
import { receiveEvent } from '#payments/inbox'
import { readRawBody } from '#payments/raw_body'
import { providerOfRail } from '#payments/registry'

export default class StripeController {
  async platform({ request }: HttpContext) {
    return this.#receive(request, 'platform')
  }

  async connect({ request }: HttpContext) {
    return this.#receive(request, 'connect')
  }

  /** Stripe repeats what gets no 2xx: so only what is stored, now or before, gets one. */
  async #receive(request: HttpContext['request'], endpoint: 'platform' | 'connect') {
    const rawBody = await readRawBody(request.request)
    const headers = { 'stripe-signature': request.header('stripe-signature') }
    const verified = await providerOfRail('stripe').verifyWebhook(rawBody, headers, endpoint)
    await receiveEvent('stripe', verified)
    return { received: true }
  }
}
