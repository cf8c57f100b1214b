import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { escrowTotals, type EscrowTotals } from '#ledger/balances'
import type { Money } from '#ledger/money'
import { unprocessable, wrongState } from '#exceptions/problem'
import Dispute from '#models/dispute'
import type Milestone from '#models/milestone'
import RefundRequest from '#models/refund_request'
import Transaction from '#models/transaction'
import { FROZEN_MILESTONE, REFUNDED_ELSEWHERE } from '#escrow/chargebacks/frozen'
import { toMoney } from '#validators/money'

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

/** @throws Problem 409 `frozen` while a dispute over the milestone, or over its payment, is open */
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
  await assertPaymentNotFrozen(trx, milestone)
}

/**
 * @throws Problem 409 `frozen` while the payment for the milestone is disputed with its payer's bank, or money of
 *   it went back past us
 */
export async function assertPaymentNotFrozen(
  trx: TransactionClientContract,
  milestone: Milestone
): Promise<void> {
  const { rows } = await trx.rawQuery(
    `SELECT ${FROZEN_MILESTONE} AS frozen, ${REFUNDED_ELSEWHERE} AS refunded
       FROM milestones m WHERE m.id = ?`,
    [milestone.id]
  )
  if (rows[0].frozen) {
    throw wrongState(
      rows[0].refunded
        ? 'Money of the payment for this milestone was refunded past us; what is held is frozen until our staff have booked that.'
        : "The payment for this milestone is disputed with the payer's bank; its money is frozen.",
      milestone.status,
      { code: 'frozen' }
    )
  }
}

/**
 * How much of a milestone's held money is meant, and what came and went for it before. Needs the
 * milestone's lock.
 *
 * @param wanted decimal in the milestone's currency; without it, everything that is held
 * @param field of the request, for the problem's `errors`
 * @throws Problem 409 `nothing_held`; 422 more than is held, or no amount
 */
export async function partOfHeld(
  trx: TransactionClientContract,
  milestone: Milestone,
  wanted?: string,
  field = 'amount'
): Promise<{ amount: Money; totals: EscrowTotals }> {
  const [totals] = await escrowTotals(trx, [milestone.id])
  if (!totals?.held.isPositive) throw nothingHeld(milestone)
  if (wanted === undefined) return { amount: totals.held, totals }
  const amount = toMoney(field, wanted, milestone.currency)
  if (amount.compare(totals.held) > 0) {
    throw unprocessable(field, 'held', `Only ${totals.held} is held for this milestone.`)
  }
  return { amount, totals }
}

function nothingHeld(milestone: Milestone) {
  return wrongState('Nothing is held for this milestone.', milestone.status, {
    code: 'nothing_held',
  })
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
  if (!deposit) throw nothingHeld(milestone)
  return deposit
}
