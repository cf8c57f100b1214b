import type { HttpContext } from '@adonisjs/core/http'
import { frontendLink } from '#identity/links'
import { unsubscribe } from '#notifications/mail/unsubscribe'
import { unsubscribeValidator } from '#validators/notification'

/** The address in a mail's `List-Unsubscribe` header. Whoever has the mail may use it; see RFC 8058. */
export default class UnsubscriptionsController {
  /** Changes nothing: scanners follow the links of every mail. The frontend's page asks and then posts. */
  async show({ request, response }: HttpContext) {
    const { token } = await unsubscribeValidator.validate(request.qs())
    return response.redirect(frontendLink('/notifications/unsubscribe', token))
  }

  async store({ request }: HttpContext) {
    const { token } = await unsubscribeValidator.validate(request.qs())
    return { data: { category: await unsubscribe(token), email: false } }
  }
}
