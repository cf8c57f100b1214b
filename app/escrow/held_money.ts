import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { wrongState } from '#exceptions/problem'
import Dispute from '#models/dispute'
import type Milestone from '#models/milestone'
import RefundRequest from '#models/refund_request'
import Transaction from '#models/transaction'

/** States in which a dispute freezes its milestone. */
export const OPEN_DISPUTE = ['open', 'negotiating', 'escalated', 'decided']

/**
 * Refuses to move money that a dispute has frozen or a refund request has stopped. Needs the
 * milestone's lock.
 *
 * @throws Problem 409 `frozen` or `refund_pending`
 */
export async function assertNotStopped(
  trx: TransactionClientContract,
  milestone: Milestone
): Promise<void> {
  await assertNotFrozen(trx, milestone)
  const request = await RefundRequest.query({ client: trx })
    .where('milestone_id', milestone.id)
    .where('status', 'requested')
    .first()
  if (request) {
    throw wrongState(
      'A refund was requested for this milestone; it has to be accepted or declined first.',
      milestone.status,
      { code: 'refund_pending', extra: { refund_id: request.id } }
    )
  }
}

/** @throws Problem 409 `frozen` while a dispute over the milestone is open */
export async function assertNotFrozen(
  trx: TransactionClientContract,
  milestone: Milestone
): Promise<void> {
  const dispute = await Dispute.query({ client: trx })
    .where('milestone_id', milestone.id)
    .whereIn('status', OPEN_DISPUTE)
    .first()
  if (dispute) {
    throw wrongState(
      'A dispute over this milestone is open; its money is frozen.',
      milestone.status,
      {
        code: 'frozen',
        extra: { dispute_id: dispute.id },
      }
    )
  }
}

/** The deposit that funded a milestone. @throws Problem 409 `nothing_held` if there is none */
export async function depositOf(
  trx: TransactionClientContract,
  milestone: Milestone
): Promise<Transaction> {
  const deposit = await Transaction.query({ client: trx })
    .where('transaction_type', 'deposit')
    .where('status', 'completed')
    .whereIn(
      'id',
      trx
        .from('deposit_allocations')
        .where('milestone_id', milestone.id)
        .where('live', true)
        .select('transaction_id')
    )
    .first()
  if (!deposit) {
    throw wrongState('Nothing is held for this milestone.', milestone.status, {
      code: 'nothing_held',
    })
  }
  return deposit
}
