import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import logger from '@adonisjs/core/services/logger'
import { inTransaction } from '#database/transaction'
import type { Money } from '#ledger/money'
import { postEntries } from '#ledger/post_entries'
import { Problem } from '#exceptions/problem'
import type Project from '#models/project'
import Transaction from '#models/transaction'
import { notify } from '#notifications/notify'
import { aboutProject, inWords } from '#escrow/about'
import { SYSTEM, recordActivity } from '#escrow/record_activity'
import { refundEntries } from '#escrow/refund_entries'
import { lockOwedRefund } from '#escrow/retry_refund'

export interface PaidByHand {
  /** What our bank calls the payment. */
  reference: string
  /** Who paid it. */
  by: string
  reason: string
}

/**
 * Books that a refund which no rail could carry was paid to its client from our bank. Nothing is paid
 * here: it has happened. If a lost chargeback has settled a part of the refund, what was paid is the rest,
 * which is a refund of its own then.
 *
 * @returns false if it was booked before, under the same reference
 * @throws Problem 404; 409 `not_owed`, `frozen`; 409 `reference_used` if the reference stands for another
 *   refund, or the refund was paid under another
 */
export async function payRefundByHand(refundId: string, paid: PaidByHand): Promise<boolean> {
  return inTransaction(async (trx) => {
    if (await isBooked(trx, refundId, paid.reference)) return false
    const { project, refund: owing, owed, inFull } = await lockOwedRefund(trx, refundId)
    const refund = inFull ? owing : await restOf(trx, owing, owed)
    const entries = await refundEntries(trx, refund)
    await trx.table('refunds_paid_by_hand').insert({
      transaction_id: refund.id,
      reference: paid.reference,
      paid_by: paid.by,
      reason: paid.reason,
    })
    await postEntries(trx, [entries.paidByHand()])
    await trx
      .from('transactions')
      .where('id', refund.id)
      .update({ status: 'completed', completed_at: trx.raw('now()') })
    await tell(trx, project, refund, owed)
    logger.info({ transactionId: refund.id, by: paid.by }, 'a refund was paid by hand')
    return true
  })
}

async function restOf(
  trx: TransactionClientContract,
  refund: Transaction,
  owed: Money
): Promise<Transaction> {
  return Transaction.create(
    {
      escrowAccountId: refund.escrowAccountId,
      milestoneId: refund.milestoneId,
      userId: refund.userId,
      transactionType: 'refund',
      paymentProvider: refund.paymentProvider,
      rail: refund.rail,
      status: 'pending',
      amount: owed.minor,
      currency: owed.currency,
      depositId: refund.depositId,
      continuesId: refund.id,
      attempt: 1,
    },
    { client: trx }
  )
}

async function isBooked(trx: TransactionClientContract, refundId: string, reference: string) {
  // One at a time: two may bring the same reference for different refunds.
  await trx.rawQuery(`SELECT pg_advisory_xact_lock(hashtextextended('paid_by_hand:' || ?, 0))`, [
    reference,
  ])
  const { rows: used } = await trx.rawQuery(
    `SELECT CASE ? WHEN t.continues_id::text THEN t.continues_id ELSE t.id END AS id, h.reference
       FROM refunds_paid_by_hand h JOIN transactions t ON t.id = h.transaction_id
      WHERE h.reference = ? OR t.id::text = ?
      ORDER BY h.reference <> ?`,
    [refundId, reference, refundId, reference]
  )
  if (used.length === 0) return false
  const [{ id, reference: before }] = used
  if (id === refundId && before === reference) return true
  throw new Problem(
    id === refundId
      ? `This refund was paid by hand as ${before}.`
      : `${reference} has paid the refund ${id}; one payment pays one refund.`,
    { code: 'reference_used', status: 409 }
  )
}

async function tell(
  trx: TransactionClientContract,
  project: Project,
  refund: Transaction,
  amount: Money
): Promise<void> {
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: refund.milestoneId,
    subject: { type: 'transaction', id: refund.id },
    actor: SYSTEM,
    action: 'refund.paid_by_hand',
    from: 'failed',
    to: 'completed',
    details: inWords(amount),
  })
  await notify(trx, {
    userId: refund.userId!,
    kind: 'refund.completed',
    data: { ...aboutProject(project), ...inWords(amount), transaction_id: refund.id },
  })
}
