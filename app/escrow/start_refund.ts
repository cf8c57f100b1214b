import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { accounts, type AccountName } from '#ledger/chart_of_accounts'
import type { Money } from '#ledger/money'
import { credit, debit, postEntries } from '#ledger/post_entries'
import { enqueue } from '#jobs/queue'
import sendRefundJob from '#jobs/send_refund'
import type Project from '#models/project'
import Transaction from '#models/transaction'
import { recordActivity, type Actor } from '#escrow/record_activity'

export interface NewRefund {
  project: Project
  /** The deposit that the money came with; its rail carries it back. */
  deposit: Transaction
  milestoneId?: string
  amount: Money
  /** The refund that it is the rest of. */
  continuesId?: string
  reason: string
  actor: Actor
}

export interface StartRefund extends NewRefund {
  /** Where the money is now: a milestone's escrow, what could not be applied, or what is owed. */
  from: AccountName
}

/**
 * Phase one of a refund, inside the caller's transaction and under its locks: the money leaves its
 * account for `refund_in_transit`, and one job will ask the provider. Nobody else can spend it now.
 *
 * @returns the pending refund transaction
 * @throws InsufficientFunds if the account holds less than the amount
 */
export async function startRefund(
  trx: TransactionClientContract,
  input: StartRefund
): Promise<Transaction> {
  const refund = await createRefund(trx, input)
  await bookRefundStarted(trx, input, refund)
  return refund
}

/** The rest of phase one, for a refund whose transaction is written. @throws InsufficientFunds */
export async function bookRefundStarted(
  trx: TransactionClientContract,
  input: StartRefund,
  refund: Transaction
): Promise<void> {
  const { deposit, amount } = input
  await postEntries(trx, [
    {
      reference: `refund_started:${refund.id}`,
      kind: 'refund_started',
      transactionId: refund.id,
      milestoneId: input.milestoneId,
      depositId: deposit.id,
      postings: [debit(input.from, amount), credit(accounts.refundInTransit(refund.id), amount)],
    },
  ])
  await recordRefundStarted(trx, input, refund)
}

/** Writes the transaction of a refund. It moves nothing by itself: its entry refers to it, so it comes first. */
export function createRefund(
  trx: TransactionClientContract,
  { deposit, amount, milestoneId, continuesId }: NewRefund
): Promise<Transaction> {
  return Transaction.create(
    {
      escrowAccountId: deposit.escrowAccountId,
      milestoneId: milestoneId ?? null,
      userId: deposit.userId,
      transactionType: 'refund',
      paymentProvider: deposit.paymentProvider,
      rail: deposit.rail,
      status: 'pending',
      amount: amount.minor,
      currency: amount.currency,
      depositId: deposit.id,
      continuesId: continuesId ?? null,
      attempt: 1,
    },
    { client: trx }
  )
}

/** Records a refund whose money is in transit since an entry was posted, with the job that sends it. */
export async function recordRefundStarted(
  trx: TransactionClientContract,
  { project, milestoneId, amount, reason, actor }: NewRefund,
  refund: Transaction
): Promise<void> {
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId,
    subject: { type: 'transaction', id: refund.id },
    actor,
    action: 'refund.started',
    to: 'pending',
    details: { amount: amount.toDecimal(), currency: amount.currency, reason },
  })
  await enqueue(trx, sendRefundJob, { transactionId: refund.id })
}
