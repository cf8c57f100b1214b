import { BaseTransformer } from '@adonisjs/core/transformers'
import { formatMinor } from '#ledger/money'
import type DisputeOffer from '#models/dispute_offer'
import { isoTime } from '#transformers/serialize'

export default class OfferTransformer extends BaseTransformer<DisputeOffer> {
  toObject() {
    return offerOf(this.resource)
  }
}

export function offerOf(offer: DisputeOffer) {
  return {
    id: offer.id,
    dispute_id: offer.disputeId,
    made_by: offer.madeBy,
    to_freelancer: formatMinor(offer.toFreelancer, offer.currency),
    to_client: formatMinor(offer.toClient, offer.currency),
    currency: offer.currency,
    note: offer.note,
    status: offer.status,
    created_at: isoTime(offer.createdAt),
    closed_at: isoTime(offer.closedAt),
  }
}
