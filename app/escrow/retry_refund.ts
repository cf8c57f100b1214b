import { validate as isUuid } from 'uuid'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { postEntries } from '#ledger/post_entries'
import { notFound, wrongState } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import sendRefundJob from '#jobs/send_refund'
import type Project from '#models/project'
import Transaction from '#models/transaction'
import { inWords } from '#escrow/about'
import { startNewAttempt } from '#escrow/ask_provider'
import { isDepositFrozen } from '#escrow/chargebacks/frozen'
import { lockTransactionWithProject } from '#escrow/locks'
import { owedOf } from '#escrow/owed_refunds'
import { SYSTEM, recordActivity } from '#escrow/record_activity'
import { refundEntries } from '#escrow/refund_entries'
import { startRefund } from '#escrow/start_refund'

/**
 * Sends a refund once more by its rail, which could not carry it before: what is owed goes into transit
 * again, and a new attempt has a key of its own. If a lost chargeback has settled a part of it, a refund of
 * its own is sent for the rest.
 *
 * @returns the transaction that is sent now
 * @throws Problem 404; 409 `not_owed` if it has not failed or its client has the money, `frozen`,
 *   `paid_another_way` while somebody says that they have paid it from our bank
 */
export async function retryRefund(refundId: string, act: Act): Promise<string> {
  return inTransaction(async (trx) => {
    const { project, refund, owed, inFull } = await lockOwedRefund(trx, refundId)
    await assertNotPaidAnotherWay(trx, refund)
    const sent = inFull ? refund.id : await startRest(trx, project, refund, owed)
    await recordAudit(trx, {
      ...act,
      action: 'refund.retried',
      target: { type: 'transaction', id: refund.id },
      before: { status: refund.status },
      after: { transaction: sent, amount: owed.toDecimal(), currency: owed.currency },
    })
    if (!inFull) return sent
    const entries = await refundEntries(trx, refund)
    await postEntries(trx, [entries.startedAgain()])
    await startNewAttempt(trx, refund.id)
    await trx.from('transactions').where('id', refund.id).update({
      status: 'pending',
      completed_at: null,
      failure_code: '',
      failure_message: '',
      // Of the attempt that failed. The next one's record has a name of its own.
      provider_transaction_id: '',
      provider_source_id: '',
      settle_tried_at: null,
    })
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: refund.milestoneId,
      subject: { type: 'transaction', id: refund.id },
      actor: SYSTEM,
      action: 'refund.retried',
      from: 'failed',
      to: 'pending',
      details: inWords(owed),
    })
    await enqueue(trx, sendRefundJob, { transactionId: refund.id })
    return refund.id
  })
}

/** Under the refund's lock, which a proposal takes, too. @throws Problem 409 `paid_another_way` */
async function assertNotPaidAnotherWay(
  trx: TransactionClientContract,
  refund: Transaction
): Promise<void> {
  const proposal = await trx
    .from('approvals')
    .where({ kind: 'refund_paid_by_hand', subject_id: refund.id, status: 'proposed' })
    .first()
  if (!proposal) return
  throw wrongState(
    'Somebody has proposed this refund as paid from our bank. Approve that, or refuse it if nothing was paid.',
    refund.status,
    { code: 'paid_another_way', extra: { approval_id: proposal.id } }
  )
}

async function startRest(
  trx: TransactionClientContract,
  project: Project,
  refund: Transaction,
  owed: Money
): Promise<string> {
  const { id } = await startRefund(trx, {
    project,
    milestoneId: refund.milestoneId ?? undefined,
    deposit: await Transaction.findOrFail(refund.depositId!, { client: trx }),
    amount: owed,
    from: accounts.refundPayable(refund.userId!),
    continuesId: refund.id,
    reason: 'The rest of a refund that failed.',
    actor: SYSTEM,
  })
  return id
}

/**
 * Locks a refund of which something is owed to its client, because its rail could not carry it: the first
 * one, if this continues another.
 *
 * @returns what is owed of it, and whether that is all of it
 * @throws Problem 404; 409 `not_owed`, `frozen`
 */
export async function lockOwedRefund(trx: TransactionClientContract, refundId: string) {
  const found =
    isUuid(refundId) &&
    (await Transaction.query({ client: trx })
      .where('id', refundId)
      .where('transaction_type', 'refund')
      .first())
  if (!found) throw notFound('refund')
  const { project, transaction: refund } = await lockTransactionWithProject(
    trx,
    found.continuesId ?? found.id
  )
  if (refund.status !== 'failed') {
    throw wrongState(`This refund is ${refund.status}; nothing of it is owed.`, refund.status, {
      code: 'not_owed',
    })
  }
  const amount = Money.of(refund.amount, refund.currency)
  const owed = await owedOf(trx, refund)
  if (!owed.isPositive) {
    throw wrongState(
      `Nothing of ${amount} is owed any more: the payer's bank has given it back, or its rest was sent.`,
      refund.status,
      { code: 'not_owed' }
    )
  }
  if (await isDepositFrozen(trx, refund.depositId!)) {
    throw wrongState(
      "The payment is disputed with the payer's bank, which may give back the same money. Wait for that.",
      refund.status,
      { code: 'frozen' }
    )
  }
  return { project, refund, owed, inFull: owed.equals(amount) }
}
