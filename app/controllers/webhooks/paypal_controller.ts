import type { HttpContext } from '@adonisjs/core/http'
import type { WebhookEndpoint } from '#payments/provider'
import { receiveWebhook } from '#payments/inbox'
import { providerFor } from '#payments/registry'

export default class PaypalController {
  async platform({ request }: HttpContext) {
    return this.#receive(request, 'platform')
  }

  /** The same events with a webhook id of their own; what came here before is known by its event id. */
  async venmo({ request }: HttpContext) {
    return this.#receive(request, 'venmo')
  }

  async #receive(request: HttpContext['request'], endpoint: WebhookEndpoint) {
    await receiveWebhook(providerFor('paypal'), request, endpoint)
    return { received: true }
  }
}
