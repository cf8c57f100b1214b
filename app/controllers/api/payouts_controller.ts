import type { HttpContext } from '@adonisjs/core/http'
import { payoutsOf } from '#escrow/visible_payments'
import { pageValidator, readPage } from '#transformers/page'
import PayoutTransformer from '#transformers/payout_transformer'
import { serializePage } from '#transformers/serialize'

export default class PayoutsController {
  async index({ auth, request }: HttpContext) {
    const query = await pageValidator.validate(request.qs())
    const page = await readPage(payoutsOf(auth.getUserOrFail()), query, {
      column: 'transaction_id',
    })
    return serializePage(PayoutTransformer.transform(page.rows), page)
  }
}
