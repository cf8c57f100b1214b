import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { accounts, type AccountName } from '#ledger/chart_of_accounts'
import type { Money } from '#ledger/money'
import { credit, debit, postEntries } from '#ledger/post_entries'
import { enqueue } from '#jobs/queue'
import sendRefundJob from '#jobs/send_refund'
import type Project from '#models/project'
import Transaction from '#models/transaction'
import { recordActivity, type Actor } from '#escrow/record_activity'

export interface StartRefund {
  project: Project
  /** The deposit that the money came with; its rail carries it back. */
  deposit: Transaction
  milestoneId?: string
  amount: Money
  /** Where the money is now: a milestone's escrow, what could not be applied, or what is owed. */
  from: AccountName
  /** The refund that it is the rest of. */
  continuesId?: string
  reason: string
  actor: Actor
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
  const { deposit, amount } = input
  const refund = await Transaction.create(
    {
      escrowAccountId: deposit.escrowAccountId,
      milestoneId: input.milestoneId ?? null,
      userId: deposit.userId,
      transactionType: 'refund',
      paymentProvider: deposit.paymentProvider,
      rail: deposit.rail,
      status: 'pending',
      amount: amount.minor,
      currency: amount.currency,
      depositId: deposit.id,
      continuesId: input.continuesId ?? null,
      attempt: 1,
    },
    { client: trx }
  )
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
  await recordActivity(trx, {
    projectId: input.project.id,
    milestoneId: input.milestoneId,
    subject: { type: 'transaction', id: refund.id },
    actor: input.actor,
    action: 'refund.started',
    to: 'pending',
    details: { amount: amount.toDecimal(), currency: amount.currency, reason: input.reason },
  })
  await enqueue(trx, sendRefundJob, { transactionId: refund.id })
  return refund
}
