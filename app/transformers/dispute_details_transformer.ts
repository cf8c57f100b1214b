import { BaseTransformer } from '@adonisjs/core/transformers'
import type { DisputeDetails } from '#escrow/disputes/dispute_details'
import type Dispute from '#models/dispute'
import { disputeMessageOf } from '#transformers/dispute_message_transformer'
import { disputeOf } from '#transformers/dispute_transformer'
import { evidenceOf } from '#transformers/evidence_transformer'
import { offerOf } from '#transformers/offer_transformer'

/** A dispute with everything that was said, shown and offered in it, and what its reader may do. */
export default class DisputeDetailsTransformer extends BaseTransformer<Dispute> {
  constructor(
    dispute: Dispute,
    protected details: DisputeDetails
  ) {
    super(dispute)
  }

  toObject() {
    const { held, messages, evidence, offers, may } = this.details
    return {
      ...disputeOf(this.resource),
      held: held.toDecimal(),
      messages: messages.map(disputeMessageOf),
      evidence: evidence.map(evidenceOf),
      offers: offers.map(offerOf),
      may,
    }
  }
}
