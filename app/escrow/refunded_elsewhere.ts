import logger from '@adonisjs/core/services/logger'
import { Money } from '#ledger/money'
import type { ObservedDeposit } from '#escrow/book_deposit'
import { fundedBy, stopClocks } from '#escrow/chargebacks/freeze'
import { PROVIDER, recordActivity } from '#escrow/record_activity'

/**
 * Freezes a deposit of which more went back to its payer than our refunds explain: somebody refunded it in
 * the provider's dashboard, or a product of the provider's did. Its escrow looks full, but the money is
 * gone; a release would pay it a second time. Which milestone it was for, a person has to say
 * (`refundAdoption`).
 *
 * Ours are those that were sent, whatever became of them but a failure. A deposit with a chargeback is
 * left to that: what a lost dispute gives back may look like a refund.
 */
export async function noteRefundedElsewhere({
  trx,
  observed: { refundedAmount: refunded },
  project,
  milestones,
  transaction,
  deposit,
}: ObservedDeposit): Promise<void> {
  if (!refunded?.isPositive || refunded.currency !== transaction.currency) return
  if (await trx.from('chargebacks').where('deposit_id', transaction.id).first()) return
  const { rows } = await trx.rawQuery(
    `SELECT coalesce(sum(amount), 0)::bigint AS minor FROM transactions
      WHERE deposit_id = ? AND transaction_type = 'refund'
        AND (status = 'completed' OR status = 'pending' AND sent_at IS NOT NULL)`,
    [transaction.id]
  )
  const elsewhere = refunded.minor - BigInt(rows[0].minor)
  if (elsewhere <= deposit.refundedElsewhere) return
  await trx
    .from('deposits')
    .where('transaction_id', transaction.id)
    .update({ refunded_elsewhere: elsewhere.toString() })
  await stopClocks(trx, await fundedBy(trx, transaction.id, milestones))
  const amount = Money.of(elsewhere, transaction.currency)
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: transaction.milestoneId,
    subject: { type: 'transaction', id: transaction.id },
    actor: PROVIDER,
    action: 'deposit.refunded_elsewhere',
    details: { amount: amount.toDecimal(), currency: amount.currency },
  })
  logger.error(
    { depositId: transaction.id, amount: amount.toString() },
    'money went back to a payer by no refund of ours: its deposit is frozen until refunds:adopt'
  )
}
