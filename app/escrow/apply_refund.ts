import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import logger from '@adonisjs/core/services/logger'
import { accounts, type AccountName } from '#ledger/chart_of_accounts'
import { Money, type Currency } from '#ledger/money'
import { credit, debit, postEntries } from '#ledger/post_entries'
import type { Provider, ProviderMovement } from '#payments/provider'
import type Project from '#models/project'
import type Transaction from '#models/transaction'
import { notify } from '#notifications/notify'
import { aboutProject, inWords } from '#escrow/about'
import { smaller } from '#escrow/chargebacks/loss_shares'
import { retakeLosses } from '#escrow/chargebacks/take_effect'
import { completeIfDone } from '#escrow/complete_project'
import { assertOnlyOne, contradiction, findMovement, isOver } from '#escrow/find_movement'
import { lockTransactionWithProject } from '#escrow/locks'
import { owedOf } from '#escrow/owed_refunds'
import { PROVIDER, recordActivity } from '#escrow/record_activity'
import { refundEntries } from '#escrow/refund_entries'
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
 * - succeeded after it had failed: refund_payable → clearing, by way of refund_in_transit
 * - succeeded after its money had reached the client another way: suspense → clearing. The client has it
 *   twice, and a person has to claim it back.
 *
 * @returns false if the refund is none of ours
 * @throws ProviderContradiction for another amount than ours, or a second refund for the same transaction
 */
export async function applyRefund(
  provider: Provider,
  observed: ProviderMovement
): Promise<boolean> {
  const found = await findMovement('refund', provider, observed)
  if (!found) return false
  await inTransaction(async (trx) => {
    const { project, transaction } = await lockTransactionWithProject(trx, found.id)
    if (isOver(transaction, observed)) return
    assertOnlyOne(transaction, observed)
    const asked = Money.of(transaction.amount, transaction.currency)
    if (!observed.amount.equals(asked)) {
      contradiction(transaction, `the provider reports ${observed.amount}, we sent ${asked}`)
    }
    if (!transaction.providerTransactionId) {
      transaction.providerTransactionId = observed.id
      await transaction.save()
    }
    if (observed.state === 'pending') {
      if (observed.debited) await settleReservation(trx, transaction.id)
      return
    }
    if (observed.state === 'succeeded') {
      await succeed(trx, project, transaction)
      return
    }
    await fail(trx, project, transaction, {
      code: observed.failureCode ?? 'refund_failed',
      message: observed.failureMessage ?? 'The provider could not carry the refund.',
    })
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
  const amount = Money.of(refund.amount, refund.currency)
  if (refund.status === 'completed') {
    if (await wasPaidByHand(trx, refund)) {
      await bookTwice(trx, refund, amount, Money.zero(refund.currency))
    }
    return
  }
  const entries = await refundEntries(trx, refund)
  if (refund.status === 'failed') {
    const owed = smaller(await owedOf(trx, refund), amount)
    if (!owed.equals(amount)) {
      await bookTwice(trx, refund, amount, owed)
      return
    }
    logger.warn({ transactionId: refund.id }, 'a refund that had failed has succeeded after all')
    await postEntries(trx, [entries.startedAgain(), entries.succeeded()])
  } else {
    await postEntries(trx, [entries.succeeded()])
  }
  await trx
    .from('transactions')
    .where('id', refund.id)
    .update({
      status: 'completed',
      wait_reason: '',
      failure_code: '',
      failure_message: '',
      completed_at: db.raw('now()'),
    })
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
  const late = refund.status === 'completed'
  if (refund.status === 'failed' || (late && (await wasPaidByHand(trx, refund)))) {
    await reverseTwice(trx, refund)
    return
  }
  const entries = await refundEntries(trx, refund)
  await postEntries(trx, [late ? entries.failedLate() : entries.failed()])
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
  await retakeLosses(trx, refund.depositId!)
  await tell(trx, project, refund, 'refund.failed', 'failed', { late, code: failure.code })
  logger.warn(
    { transactionId: refund.id, late, code: failure.code },
    'no rail carried a refund: it is owed to the client'
  )
  if (!late) await completeIfDone(trx, project, PROVIDER)
}

async function wasPaidByHand(trx: TransactionClientContract, refund: Transaction) {
  return (
    (await trx.from('refunds_paid_by_hand').where('transaction_id', refund.id).first()) !== null
  )
}

/**
 * The provider has carried a refund whose money had reached the client from our bank, or from theirs by a
 * chargeback, wholly or in part. Our balance there is less by it; of what was not owed any more a person has
 * to explain what for.
 */
async function bookTwice(
  trx: TransactionClientContract,
  refund: Transaction,
  amount: Money,
  owed: Money
) {
  const { open, count } = await bookedTwice(trx, refund)
  if (open) return
  logger.fatal({ transactionId: refund.id }, 'a refund has reached its client twice: claim it back')
  await postEntries(trx, [
    {
      reference: `refund_paid_twice:${refund.id}${count === 0 ? '' : `:${count}`}`,
      kind: 'suspense_booked',
      transactionId: refund.id,
      milestoneId: refund.milestoneId ?? undefined,
      depositId: refund.depositId ?? undefined,
      postings: [
        ...(owed.isPositive ? [debit(accounts.refundPayable(refund.userId!), owed)] : []),
        debit(accounts.suspense(), amount.subtract(owed)),
        credit(accounts.clearing(refund.rail), amount),
      ],
    },
  ])
}

/** It came back, after all: nothing is left to explain. */
async function reverseTwice(trx: TransactionClientContract, refund: Transaction) {
  const { open } = await bookedTwice(trx, refund)
  if (!open) return
  const { rows } = await trx.rawQuery(
    `SELECT a.name, p.direction, p.amount, p.currency
       FROM journal_entries e
       JOIN postings p ON p.entry_id = e.id
       JOIN ledger_accounts a ON a.id = p.account_id
      WHERE e.reference = ?`,
    [open]
  )
  await postEntries(trx, [
    {
      reference: `reversal:${open}`,
      kind: 'reversal',
      reverses: open,
      transactionId: refund.id,
      milestoneId: refund.milestoneId ?? undefined,
      depositId: refund.depositId ?? undefined,
      postings: rows.map((row: Posted) =>
        (row.direction === 'debit' ? credit : debit)(row.name, Money.of(row.amount, row.currency))
      ),
    },
  ])
  await retakeLosses(trx, refund.depositId!)
}

interface Posted {
  name: AccountName
  direction: 'debit' | 'credit'
  amount: bigint
  currency: Currency
}

/** How often that was booked, and the reference of the one that nobody has reversed. */
async function bookedTwice(
  trx: TransactionClientContract,
  refund: Transaction
): Promise<{ open?: string; count: number }> {
  const { rows } = await trx.rawQuery(
    `SELECT count(*)::int AS count, max(e.reference) FILTER (
         WHERE NOT EXISTS (SELECT FROM journal_entries r WHERE r.reverses = e.id)) AS open
       FROM journal_entries e
      WHERE e.transaction_id = ? AND e.kind = 'suspense_booked'`,
    [refund.id]
  )
  return { open: rows[0].open ?? undefined, count: rows[0].count }
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
