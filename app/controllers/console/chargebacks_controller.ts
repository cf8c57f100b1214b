import type { HttpContext } from '@adonisjs/core/http'
import { actOf, doneAt } from '#console/acts'
import { listChargebacks } from '#console/chargebacks_page'
import { wrongState } from '#exceptions/problem'
import { findChargeback } from '#escrow/chargebacks/find_chargeback'
import { submitChargebackEvidence, type EvidenceOutcome } from '#escrow/chargebacks/submit_evidence'
import { RAILS } from '#models/transaction'
import { chargebacksFilters } from '#validators/console/chargebacks'

export default class ChargebacksController {
  async index({ request, view }: HttpContext) {
    const query = await request.validateUsing(chargebacksFilters, { data: request.qs() })
    const page = await listChargebacks(query)
    return view.render('console/chargebacks/index', { query, page, rails: RAILS })
  }

  /** A chargeback is shown with the deposit that it is about. */
  async show({ params, response }: HttpContext) {
    const { id, depositId } = await findChargeback(params.id)
    return response
      .redirect()
      .status(303)
      .toPath(`/console/transactions/${depositId}#chargeback-${id}`)
  }

  async submitEvidence(ctx: HttpContext) {
    const { id, depositId } = await findChargeback(ctx.params.id)
    const outcome = await submitChargebackEvidence(id, await actOf(ctx))
    const why = NOT_SUBMITTED[outcome]
    if (why) throw wrongState(why, outcome)
    return doneAt(ctx, `/console/transactions/${depositId}`, 'Our evidence is with the provider.')
  }
}

const NOT_SUBMITTED: Partial<Record<EvidenceOutcome, string>> = {
  not_wanted: 'The dispute takes no evidence (any more).',
  nothing_to_say:
    'We hold nothing that speaks for a delivery. Answer it at the provider, with what you know.',
  refused: 'The provider did not take it; the reason is shown with the chargeback.',
  unknown: 'The provider gave no clear answer. Send it again: it is the same, and counts once.',
}
