import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { refuseCardNumber } from '#validators/refuse_card_number'

/**
 * Keeps payment cards' numbers out, wherever somebody may type one: in any field of a body, in the query, and in
 * the header that we keep. Who holds one falls under PCI DSS with all that it has; cards are entered at the
 * provider, by its own script. What is refused is neither stored nor logged.
 */
export default class RefuseCardDataMiddleware {
  handle({ request }: HttpContext, next: NextFn) {
    refuseCardNumber(request.header('idempotency-key'), 'Idempotency-Key')
    refuseCardNumber(request.qs())
    refuseCardNumber(request.body())
    return next()
  }
}
