import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit, postEntries } from '#ledger/post_entries'
import type { Provider, ProviderMovement } from '#payments/provider'
import type Project from '#models/project'
import type Transaction from '#models/transaction'
import { notify } from '#notifications/notify'
import { aboutProject, inWords } from '#escrow/about'
import { completeIfDone } from '#escrow/complete_project'
import { assertOnlyOne, contradiction, findMovement } from '#escrow/find_movement'
import { lockTransactionWithProject } from '#escrow/locks'
import { PROVIDER, recordActivity } from '#escrow/record_activity'
import { settleReservation } from '#escrow/reserve'

interface Failure {
  code: string
  message: string
}

/**
 * Brings our books to what a provider says of a refund, in any order and any number of times.
 *
 * - succeeded: refund_in_transit → clearing
 * - failed: refund_in_transit → refund_payable; the client's money is still owed, another way
 * - failed after it had succeeded: clearing → refund_payable
 *
 * @returns false if the refund is none of ours
 * @throws ProviderContradiction for another amount than ours, a second refund for the same
 *   transaction, or one that succeeded after it had failed
 */
export async function applyRefund(
  provider: Provider,
  observed: ProviderMovement
): Promise<boolean> {
  const found = await findMovement('refund', provider, observed)
  if (!found) return false
  await inTransaction(async (trx) => {
    const { project, transaction } = await lockTransactionWithProject(trx, found.id)
    assertOnlyOne(transaction, observed)
    const asked = Money.of(transaction.amount, transaction.currency)
    if (!observed.amount.equals(asked)) {
      contradiction(transaction, `the provider reports ${observed.amount}, we sent ${asked}`)
    }
    if (observed.state === 'succeeded' && transaction.status === 'failed') {
      contradiction(transaction, `it had failed, and ${observed.id} succeeded all the same`)
    }
    if (!transaction.providerTransactionId) {
      transaction.providerTransactionId = observed.id
      await transaction.save()
    }
    if (observed.state === 'succeeded') await succeed(trx, project, transaction)
    if (observed.state === 'failed' || observed.state === 'returned') {
      await fail(trx, project, transaction, {
        code: observed.failureCode ?? 'refund_failed',
        message: observed.failureMessage ?? 'The provider could not carry the refund.',
      })
    }
  })
  return true
}

/**
 * Records that the provider definitely refused a refund: it has no record of its own there. Does nothing
 * when a later attempt is under way, or the refund has its outcome.
 *
 * @param attempt which one was refused
 */
export async function failRefund(
  transactionId: string,
  attempt: number,
  failure: Failure
): Promise<void> {
  await inTransaction(async (trx) => {
    const { project, transaction } = await lockTransactionWithProject(trx, transactionId)
    if (transaction.status !== 'pending' || transaction.attempt !== attempt) return
    await fail(trx, project, transaction, failure)
  })
}

async function succeed(
  trx: TransactionClientContract,
  project: Project,
  refund: Transaction
): Promise<void> {
  if (refund.status !== 'pending') return
  const amount = Money.of(refund.amount, refund.currency)
  await postEntries(trx, [
    {
      reference: `refund_succeeded:${refund.id}`,
      kind: 'refund_succeeded',
      transactionId: refund.id,
      milestoneId: refund.milestoneId ?? undefined,
      depositId: refund.depositId ?? undefined,
      postings: [
        debit(accounts.refundInTransit(refund.id), amount),
        credit(accounts.clearing(refund.rail), amount),
      ],
    },
  ])
  await trx
    .from('transactions')
    .where('id', refund.id)
    .update({ status: 'completed', wait_reason: '', completed_at: db.raw('now()') })
  await settleReservation(trx, refund.id)
  await tell(trx, project, refund, 'refund.completed', 'completed')
  await completeIfDone(trx, project, PROVIDER)
}

async function fail(
  trx: TransactionClientContract,
  project: Project,
  refund: Transaction,
  failure: Failure
): Promise<void> {
  if (refund.status === 'failed') return
  const late = refund.status === 'completed'
  const amount = Money.of(refund.amount, refund.currency)
  const from = late ? accounts.clearing(refund.rail) : accounts.refundInTransit(refund.id)
  await postEntries(trx, [
    {
      reference: `refund_failed:${refund.id}`,
      kind: 'refund_failed',
      transactionId: refund.id,
      milestoneId: refund.milestoneId ?? undefined,
      depositId: refund.depositId ?? undefined,
      postings: [debit(from, amount), credit(accounts.refundPayable(refund.userId!), amount)],
    },
  ])
  await trx
    .from('transactions')
    .where('id', refund.id)
    .update({
      status: 'failed',
      wait_reason: '',
      failure_code: failure.code,
      failure_message: failure.message.slice(0, 500),
      completed_at: db.raw('now()'),
    })
  await settleReservation(trx, refund.id)
  await tell(trx, project, refund, 'refund.failed', 'failed', { late, code: failure.code })
  if (!late) await completeIfDone(trx, project, PROVIDER)
}

async function tell(
  trx: TransactionClientContract,
  project: Project,
  refund: Transaction,
  action: 'refund.completed' | 'refund.failed',
  to: string,
  details: Record<string, unknown> = {}
): Promise<void> {
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: refund.milestoneId,
    subject: { type: 'transaction', id: refund.id },
    actor: PROVIDER,
    action,
    from: refund.status,
    to,
    details,
  })
  await notify(trx, {
    userId: refund.userId!,
    kind: action,
    data: {
      ...aboutProject(project),
      ...inWords(Money.of(refund.amount, refund.currency)),
      transaction_id: refund.id,
    },
  })
}
