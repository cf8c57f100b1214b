import type { HttpContext } from '@adonisjs/core/http'
import { actOf, doneAt } from '#console/acts'
import {
  listBreaks,
  listRuns,
  readBreak,
  readRails,
  readRunPage,
} from '#console/reconciliation_page'
import { proposeCorrection } from '#console/propose_correction'
import { notFound } from '#exceptions/problem'
import { letPayoutsGoOn } from '#escrow/let_payouts_go_on'
import { BREAK_KINDS } from '#payments/reconcile/breaks'
import { startReconciliation } from '#payments/reconcile/start_run'
import { offeredRails } from '#payments/registry'
import { breaksFilters, correctionValidator, runsFilters } from '#validators/console/reconciliation'

export default class ReconciliationController {
  async index({ request, view }: HttpContext) {
    const query = await request.validateUsing(runsFilters, { data: request.qs() })
    const page = await listRuns(query)
    return view.render('console/reconciliation/index', { query, page, rails: await readRails() })
  }

  async start(ctx: HttpContext) {
    const rail = offeredRails().find((each) => each === ctx.params.rail)
    if (!rail) throw notFound('rail')
    const started = await startReconciliation(rail, await actOf(ctx))
    const done = started
      ? `${rail} is compared now.`
      : `A run of ${rail} waits for its turn already.`
    return doneAt(ctx, '/console/reconciliation', done)
  }

  async show({ params, view }: HttpContext) {
    return view.render('console/reconciliation/run', await readRunPage(params.id))
  }

  async breaks({ request, view }: HttpContext) {
    const query = await request.validateUsing(breaksFilters, { data: request.qs() })
    const page = await listBreaks(query)
    return view.render('console/reconciliation/breaks', { query, page, kinds: BREAK_KINDS })
  }

  async showBreak({ params, view }: HttpContext) {
    return view.render('console/reconciliation/break', await readBreak(params.id))
  }

  async acknowledge(ctx: HttpContext) {
    const { rail } = await letPayoutsGoOn(ctx.params.id, await actOf(ctx))
    const done = `Acknowledged. Payouts on ${rail} that waited for it are tried again.`
    return doneAt(ctx, `/console/reconciliation/breaks/${ctx.params.id}`, done)
  }

  async correct(ctx: HttpContext) {
    const { reason, ...wanted } = await ctx.request.validateUsing(correctionValidator)
    const by = ctx.staff.getUserOrFail().id
    const { id } = await proposeCorrection(ctx.params.id, wanted, { by, reason })
    const done = `Proposed. Nothing is posted until somebody else approves it (approval ${id}).`
    return doneAt(ctx, `/console/reconciliation/breaks/${ctx.params.id}`, done)
  }
}
