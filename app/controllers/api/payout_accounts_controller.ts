import type { HttpContext } from '@adonisjs/core/http'
import { confirmLately } from '#identity/confirm_password'
import {
  addPayoutAccount,
  makeDefaultPayoutAccount,
  payoutAccountsOf,
  removePayoutAccount,
} from '#payments/payout_accounts'
import PayoutAccountTransformer from '#transformers/payout_account_transformer'
import { serialize, serializePage } from '#transformers/serialize'
import { addPayoutAccountValidator, editPayoutAccountValidator } from '#validators/payout_account'

export default class PayoutAccountsController {
  /** There are never more than a handful: one page holds them all. */
  async index({ auth }: HttpContext) {
    const accounts = await payoutAccountsOf(auth.getUserOrFail())
    const meta = { next_cursor: null, has_more: false }
    return serializePage(PayoutAccountTransformer.transform(accounts), { meta })
  }

  /** 202 while the provider's answer is unknown: asking again, or for a link, goes on from there. */
  async store({ auth, request, response }: HttpContext) {
    const wanted = await request.validateUsing(addPayoutAccountValidator)
    await confirmLately(auth.use('api').sessionId!)
    const account = await addPayoutAccount(auth.getUserOrFail(), {
      paymentProvider: wanted.payment_provider,
      country: wanted.country,
      destination: wanted.destination,
    })
    response.status(account.destination ? 201 : 202)
    return serialize(PayoutAccountTransformer.transform(account))
  }

  async update({ auth, params, request }: HttpContext) {
    await request.validateUsing(editPayoutAccountValidator)
    await confirmLately(auth.use('api').sessionId!)
    const account = await makeDefaultPayoutAccount(auth.getUserOrFail(), params.id)
    return serialize(PayoutAccountTransformer.transform(account))
  }

  async destroy({ auth, params, response }: HttpContext) {
    await confirmLately(auth.use('api').sessionId!)
    await removePayoutAccount(auth.getUserOrFail(), params.id)
    return response.noContent()
  }
}
