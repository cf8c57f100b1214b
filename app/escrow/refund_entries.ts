import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { accounts, type AccountName } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit, type JournalEntryInput } from '#ledger/post_entries'
import type Transaction from '#models/transaction'

/**
 * The entries of a refund. It may fail after it had succeeded, be tried again, and so on: each round, which
 * ends with a failure, has references of its own. Needs the refund's lock.
 */
export async function refundEntries(trx: TransactionClientContract, refund: Transaction) {
  const { rows } = await trx.rawQuery(
    `SELECT count(*)::int AS rounds FROM journal_entries
      WHERE transaction_id = ? AND kind = 'refund_failed'`,
    [refund.id]
  )
  const round = rows[0].rounds === 0 ? '' : `:${rows[0].rounds}`
  const amount = Money.of(refund.amount, refund.currency)
  const entry = (
    kind: 'refund_started' | 'refund_succeeded' | 'refund_failed' | 'refund_paid_by_hand',
    from: AccountName,
    to: AccountName
  ): JournalEntryInput => ({
    reference: `${kind}:${refund.id}${round}`,
    kind,
    transactionId: refund.id,
    milestoneId: refund.milestoneId ?? undefined,
    depositId: refund.depositId ?? undefined,
    postings: [debit(from, amount), credit(to, amount)],
  })
  const inTransit = accounts.refundInTransit(refund.id)
  const owed = accounts.refundPayable(refund.userId!)
  const clearing = accounts.clearing(refund.rail)
  return {
    /** Once more, with what is owed since it failed. */
    startedAgain: () => entry('refund_started', owed, inTransit),
    succeeded: () => entry('refund_succeeded', inTransit, clearing),
    failed: () => entry('refund_failed', inTransit, owed),
    failedLate: () => entry('refund_failed', clearing, owed),
    paidByHand: () => entry('refund_paid_by_hand', owed, accounts.bank()),
  }
}
