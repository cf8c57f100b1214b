import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { accounts } from '#ledger/chart_of_accounts'
import { balanceOf } from '#ledger/balances'
import { Money, type Currency } from '#ledger/money'
import { credit, debit, postEntries, type JournalEntryInput } from '#ledger/post_entries'
import { smaller } from '#escrow/chargebacks/loss_shares'
import { lockDebts } from '#escrow/chargebacks/debts'

/** A payout that has not been sent: its money is in payable. */
interface Waiting {
  id: string
  amount: bigint
  deposit_id: string
  milestone_id: string | null
  release_id: string | null
  release_transaction_id: string | null
  debt_offset: bigint | null
}

/**
 * Sets what a freelancer owes us off against what we owe them and have not sent, at once: first against
 * what no payout carries, then against waiting payouts, the oldest first. A payout of which something is
 * left is for that; one of which nothing is left is cancelled. What is in transit goes its way.
 *
 * Call it after whatever made a debt or made money payable was posted, with `lockDebts` taken before that.
 *
 * @returns what was set off, zero if they owe us nothing or we owe them nothing
 */
export async function offsetDebt(
  trx: TransactionClientContract,
  userId: string,
  currency: Currency
): Promise<Money> {
  const debt = await lockDebts(trx, userId, currency)
  if (!debt.isPositive) return debt
  const waiting = await waitingPayouts(trx, userId, currency)
  // Only now: none of these can be sent any more, which would take its money from payable.
  const payable = await balanceOf(trx, accounts.payable(userId), currency)
  const whole = smaller(debt, payable)
  if (!whole.isPositive) return whole

  const promised = waiting.reduce((sum, payout) => sum + payout.amount, 0n)
  let rest = whole
  const take = (available: bigint): Money => {
    const part = smaller(rest, Money.of(available, currency))
    rest = rest.subtract(part)
    return part
  }
  const entries: JournalEntryInput[] = []
  const free = take(payable.minor - promised)
  if (free.isPositive) {
    const reference = `debt_offset:${userId}:${currency}:${await postingsOf(trx, userId, currency)}`
    entries.push({ reference, kind: 'debt_offset', postings: offsetPostings(userId, free) })
  }
  for (const payout of waiting) {
    const part = take(payout.amount)
    if (!part.isPositive) break
    entries.push(offsetOfPayout(userId, payout, part))
    await reduce(trx, payout, part)
  }
  await postEntries(trx, entries)
  return whole
}

/**
 * The entry that sets a part of a release's net off, in the moment of the release.
 *
 * @param release.transactionId the release's own transaction
 */
export function offsetOfRelease(
  userId: string,
  release: { transactionId: string; milestoneId: string; depositId: string },
  amount: Money
): JournalEntryInput {
  return {
    reference: `debt_offset:${release.transactionId}:${amount.minor}`,
    kind: 'debt_offset',
    ...release,
    postings: offsetPostings(userId, amount),
  }
}

/** What was set off of a release so far is in the reference: the same again is the same entry. */
function offsetOfPayout(userId: string, payout: Waiting, part: Money): JournalEntryInput {
  const soFar = (payout.debt_offset ?? 0n) + part.minor
  return {
    reference: payout.release_transaction_id
      ? `debt_offset:${payout.release_transaction_id}:${soFar}`
      : `debt_offset:${payout.id}:${payout.amount}`,
    kind: 'debt_offset',
    transactionId: payout.release_transaction_id ?? payout.id,
    milestoneId: payout.milestone_id ?? undefined,
    depositId: payout.deposit_id,
    postings: offsetPostings(userId, part),
  }
}

function offsetPostings(userId: string, amount: Money) {
  return [
    debit(accounts.payable(userId), amount),
    credit(accounts.freelancerReceivable(userId), amount),
  ]
}

/** Those of other projects, too: a debt is the freelancer's, whatever it came from. */
async function waitingPayouts(
  trx: TransactionClientContract,
  userId: string,
  currency: Currency
): Promise<Waiting[]> {
  const { rows } = await trx.rawQuery(
    `SELECT t.id, t.amount, t.deposit_id, t.milestone_id, p.release_id, r.debt_offset,
            r.transaction_id AS release_transaction_id
       FROM transactions t
       JOIN payouts p ON p.transaction_id = t.id
       LEFT JOIN releases r ON r.id = p.release_id
      WHERE p.user_id = ? AND t.currency = ? AND t.status = 'pending'
        AND p.state IN ('waiting', 'failed')
      ORDER BY t.id
        FOR UPDATE OF t, p`,
    [userId, currency]
  )
  return rows
}

async function reduce(trx: TransactionClientContract, payout: Waiting, part: Money): Promise<void> {
  if (payout.release_id) {
    await trx
      .from('releases')
      .where('id', payout.release_id)
      .increment('debt_offset', part.minor as never)
  }
  if (part.minor < payout.amount) {
    await trx
      .from('transactions')
      .where('id', payout.id)
      .update({ amount: (payout.amount - part.minor).toString() })
    return
  }
  await trx
    .from('transactions')
    .where('id', payout.id)
    .update({
      status: 'failed',
      wait_reason: '',
      failure_code: 'debt_offset',
      failure_message:
        'All of it was set off against what you owe for a payment that was taken back.',
      completed_at: trx.raw('now()'),
    })
  await trx.from('payouts').where('transaction_id', payout.id).update({ state: 'cancelled' })
}

/** Grows with every posting to the account, so an offset under its lock finds a number of its own. */
async function postingsOf(
  trx: TransactionClientContract,
  userId: string,
  currency: Currency
): Promise<bigint> {
  const { rows } = await trx.rawQuery(
    'SELECT seq FROM ledger_accounts WHERE name = ? AND currency = ?',
    [accounts.freelancerReceivable(userId), currency]
  )
  return rows[0].seq
}
