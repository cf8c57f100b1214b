import type { HttpContext } from '@adonisjs/core/http'
import { actOf, doneAt } from '#console/acts'
import { wrongState } from '#exceptions/problem'
import { findChargeback } from '#escrow/chargebacks/find_chargeback'
import { submitChargebackEvidence, type EvidenceOutcome } from '#escrow/chargebacks/submit_evidence'

export default class ChargebacksController {
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
