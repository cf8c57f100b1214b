import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { accounts } from '#ledger/chart_of_accounts'
import { balanceOf } from '#ledger/balances'
import { Money, type Currency } from '#ledger/money'
import { enqueue } from '#jobs/queue'
import sendPayoutJob from '#jobs/send_payout'
import Payout from '#models/payout'
import Transaction from '#models/transaction'
import { smaller } from '#escrow/chargebacks/loss_shares'

export interface Recovered {
  /** Why it is owed: a chargeback that was won after all, or an earlier payout that came back. */
  origin: { chargebackId: string } | { repaysId: string }
  /** That the money came with. */
  deposit: Transaction
  /** That the payout is shown with. */
  milestoneId: string
  userId: string
}

/**
 * Starts the payout of what came back from a freelancer and is owed to them again, but for what went into
 * debts at once. Needs `lockDebts`.
 *
 * @returns what is paid out, zero if nothing was left
 */
export async function payFree(
  trx: TransactionClientContract,
  recovered: Recovered,
  amount: Money
): Promise<Money> {
  const free = await freePayable(trx, recovered.userId, amount.currency)
  const rest = smaller(free, amount)
  if (rest.isPositive) await startPayout(trx, recovered, rest)
  return rest
}

/** What is payable to a freelancer and on no payout. */
async function freePayable(
  trx: TransactionClientContract,
  userId: string,
  currency: Currency
): Promise<Money> {
  const payable = await balanceOf(trx, accounts.payable(userId), currency)
  const { rows } = await trx.rawQuery(
    `SELECT coalesce(sum(t.amount), 0)::bigint AS promised
       FROM payouts p JOIN transactions t ON t.id = p.transaction_id
      WHERE p.user_id = ? AND t.currency = ? AND t.status = 'pending'
        AND p.state IN ('waiting', 'failed')`,
    [userId, currency]
  )
  return payable.subtract(Money.of(rows[0].promised, currency))
}

/** No release stands behind it, and no charge: the money is in our balance. */
async function startPayout(
  trx: TransactionClientContract,
  { origin, deposit, milestoneId, userId }: Recovered,
  amount: Money
): Promise<void> {
  const transaction = await Transaction.create(
    {
      escrowAccountId: deposit.escrowAccountId,
      milestoneId,
      userId,
      transactionType: 'payout',
      paymentProvider: deposit.paymentProvider,
      rail: deposit.rail,
      status: 'pending',
      amount: amount.minor,
      currency: amount.currency,
      depositId: deposit.id,
      attempt: 1,
    },
    { client: trx }
  )
  await Payout.create(
    {
      transactionId: transaction.id,
      ...origin,
      userId,
      state: 'waiting',
    },
    { client: trx }
  )
  await enqueue(trx, sendPayoutJob, { transactionId: transaction.id })
}
