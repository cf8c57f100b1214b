import type { HttpContext } from '@adonisjs/core/http'
import { actOf, doneAt } from '#console/acts'
import { readProviderRecord } from '#console/provider_record'
import { readTransaction } from '#console/transaction_page'
import { listTransactions } from '#console/transactions_page'
import { clearDispute } from '#escrow/chargebacks/clear_dispute'
import {
  PAYMENT_PROVIDERS,
  RAILS,
  TRANSACTION_STATUSES,
  TRANSACTION_TYPES,
} from '#models/transaction'
import { transactionsFilters } from '#validators/console/transactions'
import { timelinePage } from '#validators/console/filters'

export default class TransactionsController {
  async index({ request, view }: HttpContext) {
    const query = await request.validateUsing(transactionsFilters, { data: request.qs() })
    return view.render('console/transactions/index', {
      query,
      page: await listTransactions(query),
      types: TRANSACTION_TYPES,
      statuses: TRANSACTION_STATUSES,
      rails: RAILS,
      providers: PAYMENT_PROVIDERS,
    })
  }

  async show({ params, request, view }: HttpContext) {
    const query = await timelinePage.validate(request.qs())
    const shown = await readTransaction(params.id, query.after)
    return view.render('console/transactions/show', { ...shown, query })
  }

  /** The provider's record beside ours. Turbo puts it into the page; without scripts it is one of its own. */
  async provider({ params, view }: HttpContext) {
    return view.render('console/transactions/provider', await readProviderRecord(params.id))
  }

  async clearDispute(ctx: HttpContext) {
    const act = await actOf(ctx)
    const by = `staff:${ctx.staff.getUserOrFail().id}`
    await clearDispute(ctx.params.id, { by, reason: act.reason ?? '', act })
    return doneAt(
      ctx,
      `/console/transactions/${ctx.params.id}`,
      'It is let go. Its milestones go on.'
    )
  }
}
