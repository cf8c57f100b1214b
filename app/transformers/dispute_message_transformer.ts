import { BaseTransformer } from '@adonisjs/core/transformers'
import type DisputeMessage from '#models/dispute_message'
import { isoTime } from '#transformers/serialize'

export default class DisputeMessageTransformer extends BaseTransformer<DisputeMessage> {
  toObject() {
    return disputeMessageOf(this.resource)
  }
}

export function disputeMessageOf(message: DisputeMessage) {
  return {
    id: message.id,
    dispute_id: message.disputeId,
    kind: message.kind,
    from: message.senderId === null ? ('staff' as const) : ('party' as const),
    sender_id: message.senderId,
    body: message.body,
    created_at: isoTime(message.createdAt),
  }
}
