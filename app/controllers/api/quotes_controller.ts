import type { HttpContext } from '@adonisjs/core/http'
import { quote } from '#escrow/quote'
import { quotableMilestones } from '#escrow/visible_payments'
import QuoteTransformer from '#transformers/quote_transformer'
import { serialize } from '#transformers/serialize'
import { toMoney } from '#validators/money'
import { quoteValidator } from '#validators/payment'

export default class QuotesController {
  async show({ auth, request }: HttpContext) {
    const wanted = await quoteValidator.validate(request.qs())
    const of = wanted.milestone_ids
      ? await quotableMilestones(auth.getUserOrFail(), wanted.milestone_ids)
      : toMoney('amount', wanted.amount!, wanted.currency ?? 'USD')
    return serialize(QuoteTransformer.transform(await quote(of)))
  }
}
