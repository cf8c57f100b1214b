import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import logger from '@adonisjs/core/services/logger'
import { Money, sumOf } from '#ledger/money'
import { postEntries } from '#ledger/post_entries'
import type Project from '#models/project'
import Transaction from '#models/transaction'
import { notify } from '#notifications/notify'
import { aboutProject, inWords } from '#escrow/about'
import { PROVIDER, recordActivity } from '#escrow/record_activity'
import { refundEntries } from '#escrow/refund_entries'
import { settleReservation } from '#escrow/reserve'
import { takeable, type LockedChargeback } from '#escrow/chargebacks/book_loss'
import { smaller } from '#escrow/chargebacks/loss_shares'

/**
 * Ends refunds of a deposit that no provider has heard of, because the payer has got the money from their
 * bank: what they were for is owed to the payer again, where the loss can take it. The youngest first, and
 * no more of them than the loss needs beside what is held and owed already. What it leaves of the last one
 * stays owed, and a person has to send it.
 *
 * @param loss what a chargeback of the deposit takes now
 */
export async function takeUnsentRefunds(locked: LockedChargeback, loss: Money): Promise<void> {
  const { trx, deposit, project } = locked
  const { escrow, owedBack } = await takeable(locked)
  const held = sumOf(
    escrow.map((part) => part.held),
    deposit.currency
  )
  let needed = loss.subtract(held).subtract(owedBack)
  if (!needed.isPositive) return
  const refunds = await Transaction.query({ client: trx })
    .where('deposit_id', deposit.id)
    .where('transaction_type', 'refund')
    .where('status', 'pending')
    .whereNull('sent_at')
    .orderBy('id', 'desc')
    .forUpdate()
  for (const refund of refunds) {
    if (!needed.isPositive) return
    const taken = smaller(needed, Money.of(refund.amount, refund.currency))
    needed = needed.subtract(taken)
    await end(trx, project, refund, taken)
  }
}

async function end(
  trx: TransactionClientContract,
  project: Project,
  refund: Transaction,
  taken: Money
): Promise<void> {
  const { failed } = await refundEntries(trx, refund)
  await postEntries(trx, [failed()])
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
  // One that was sent and given up as absent has kept it.
  await settleReservation(trx, refund.id)
  const left = Money.of(refund.amount, refund.currency).subtract(taken)
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: refund.milestoneId,
    subject: { type: 'transaction', id: refund.id },
    actor: PROVIDER,
    action: 'refund.failed',
    from: 'pending',
    to: 'failed',
    details: { code: 'charged_back', owed: left.toDecimal() },
  })
  logger.warn({ transactionId: refund.id, left: `${left}` }, 'a lost dispute has ended a refund')
  // Of all the rest the payer hears as of a lost dispute: they have it.
  if (!left.isPositive) return
  await notify(trx, {
    userId: refund.userId!,
    kind: 'refund.failed',
    data: { ...aboutProject(project), ...inWords(left), transaction_id: refund.id },
  })
}
