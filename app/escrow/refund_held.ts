import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { accounts } from '#ledger/chart_of_accounts'
import { escrowTotals } from '#ledger/balances'
import { Money } from '#ledger/money'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import type RefundRequest from '#models/refund_request'
import type Transaction from '#models/transaction'
import { closeMilestone } from '#escrow/close_milestone'
import { depositOf } from '#escrow/held_money'
import type { Actor } from '#escrow/record_activity'
import { startRefund } from '#escrow/start_refund'

/**
 * Carries an agreed refund request out, inside the caller's transaction and under its locks: the money
 * leaves escrow for its way back, and the milestone is closed if nothing is held any more.
 *
 * @returns the pending refund transaction
 */
export async function refundHeld(
  trx: TransactionClientContract,
  input: { project: Project; milestone: Milestone; request: RefundRequest; actor: Actor }
): Promise<Transaction> {
  const { project, milestone, request, actor } = input
  const amount = Money.of(request.amount, request.currency)
  const refund = await startRefund(trx, {
    project,
    milestoneId: milestone.id,
    deposit: await depositOf(trx, milestone),
    amount,
    from: accounts.escrow(milestone.id),
    reason: request.reason,
    actor,
  })
  await trx.from('refund_requests').where('id', request.id).update({ transaction_id: refund.id })
  const [totals] = await escrowTotals(trx, [milestone.id])
  if (totals.held.isZero) {
    await closeMilestone(trx, milestone, 'refunded', actor, {
      released: totals.released.isPositive,
    })
  }
  return refund
}
