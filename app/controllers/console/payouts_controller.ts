import type { HttpContext } from '@adonisjs/core/http'
import { actOf, doneAt } from '#console/acts'
import { countPayouts, listPayouts, readPayout } from '#console/payouts_page'
import { cancelUnclaimed } from '#escrow/cancel_unclaimed'
import { holdPayout } from '#escrow/hold_payout'
import { letPayoutGo } from '#escrow/let_payout_go'
import { repayReturned } from '#escrow/repay_returned'
import { retryPayout } from '#escrow/retry_payout'
import { AGES, PAYOUT_STATES, payoutsFilters } from '#validators/console/payouts'
import { timelinePage } from '#validators/console/filters'

export default class PayoutsController {
  async index({ request, view }: HttpContext) {
    const query = await request.validateUsing(payoutsFilters, { data: request.qs() })
    return view.render('console/payouts/index', {
      query,
      page: await listPayouts(query),
      counts: await countPayouts(),
      states: PAYOUT_STATES,
      ages: Object.keys(AGES),
    })
  }

  async show({ params, request, view }: HttpContext) {
    const query = await timelinePage.validate(request.qs())
    const shown = await readPayout(params.id, query.after)
    return view.render('console/payouts/show', { ...shown, query })
  }

  async hold(ctx: HttpContext) {
    await holdPayout(ctx.params.id, await actOf(ctx))
    return back(ctx, 'It is held. Nothing is sent before somebody lets it go.')
  }

  async letGo(ctx: HttpContext) {
    await letPayoutGo(ctx.params.id, await actOf(ctx))
    return back(ctx, 'It goes on as soon as nothing else keeps it.')
  }

  async retry(ctx: HttpContext) {
    await retryPayout(ctx.params.id, await actOf(ctx))
    return back(ctx, 'It is tried now. What becomes of it shows here.')
  }

  async repay(ctx: HttpContext) {
    const sent = await repayReturned(ctx.params.id, await actOf(ctx))
    return back(ctx, `${sent} is sent again, as a payout of its own.`)
  }

  async cancel(ctx: HttpContext) {
    await cancelUnclaimed(ctx.params.id, await actOf(ctx))
    return back(ctx, 'Its provider is asked for it. When the money is back, it says so here.')
  }
}

function back(ctx: HttpContext, done: string) {
  return doneAt(ctx, `/console/payouts/${ctx.params.id}`, done)
}
