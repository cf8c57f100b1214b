import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { postEntries } from '#ledger/post_entries'
import Transaction from '#models/transaction'
import { PROVIDER, recordActivity } from '#escrow/record_activity'
import { refundEntries } from '#escrow/refund_entries'
import type { LockedDeposit } from '#escrow/chargebacks/freeze'

/**
 * Ends refunds of a deposit that no provider has heard of, because the payer has got the money from their
 * bank: what they were for is owed to the payer again, where the loss can take it.
 */
export async function takeUnsentRefunds({ trx, deposit, project }: LockedDeposit): Promise<void> {
  const refunds = await Transaction.query({ client: trx })
    .where('deposit_id', deposit.id)
    .where('transaction_type', 'refund')
    .where('status', 'pending')
    .whereNull('sent_at')
    .orderBy('id')
    .forUpdate()
  if (refunds.length === 0) return
  const entries = []
  for (const refund of refunds) {
    const { failed } = await refundEntries(trx, refund)
    entries.push(failed())
  }
  await postEntries(trx, entries)
  for (const refund of refunds) await end(trx, project.id, refund)
}

async function end(
  trx: TransactionClientContract,
  projectId: string,
  refund: Transaction
): Promise<void> {
  await trx
    .from('transactions')
    .where('id', refund.id)
    .update({
      status: 'failed',
      wait_reason: '',
      failure_code: 'charged_back',
      failure_message: "The payer's bank took the payment back before it could be refunded.",
      completed_at: trx.raw('now()'),
    })
  await recordActivity(trx, {
    projectId,
    milestoneId: refund.milestoneId,
    subject: { type: 'transaction', id: refund.id },
    actor: PROVIDER,
    action: 'refund.failed',
    from: 'pending',
    to: 'failed',
    details: { code: 'charged_back' },
  })
}
