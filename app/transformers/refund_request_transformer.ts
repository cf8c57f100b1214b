import { BaseTransformer } from '@adonisjs/core/transformers'
import { formatMinor } from '#ledger/money'
import type RefundRequest from '#models/refund_request'
import type Transaction from '#models/transaction'
import { isoTime } from '#transformers/serialize'

/** A refund request and, once money moves, its transaction. Needs `withWhatIsOwed`. */
export default class RefundRequestTransformer extends BaseTransformer<RefundRequest> {
  toObject() {
    const request = this.resource
    const transaction = (request.transaction ?? null) as Transaction | null
    return {
      id: request.id,
      milestone_id: request.milestoneId,
      amount: formatMinor(request.amount, request.currency),
      currency: request.currency,
      reason: request.reason,
      immediate: request.immediate,
      status: request.status,
      respond_by: isoTime(request.respondBy),
      decided_at: isoTime(request.decidedAt),
      dispute_id: request.disputeId,
      transaction: transaction && {
        id: transaction.id,
        status: transaction.status,
        wait_reason: transaction.waitReason || null,
        failure: transaction.failureCode
          ? { code: transaction.failureCode, message: transaction.failureMessage }
          : null,
        // What its rail could not carry: it comes another way, or once more.
        owed: request.owed?.toDecimal() ?? formatMinor(0n, request.currency),
        paid_by_hand: request.paidByHand ?? false,
      },
      created_at: isoTime(request.createdAt),
    }
  }
}
