import type { HttpContext } from '@adonisjs/core/http'
import type { WebhookEndpoint } from '#payments/provider'
import { receiveWebhook } from '#payments/inbox'
import { providerFor } from '#payments/registry'

export default class StripeController {
  async platform({ request }: HttpContext) {
    return this.#receive(request, 'platform')
  }

  async connect({ request }: HttpContext) {
    return this.#receive(request, 'connect')
  }

  async #receive(request: HttpContext['request'], endpoint: WebhookEndpoint) {
    await receiveWebhook(providerFor('stripe'), request, endpoint)
    return { received: true }
  }
}
