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
  chargebackId: string
  /** Of the chargeback. */
  deposit: Transaction
  /** That the payout is shown with. */
  milestoneId: string
  userId: string
}

/**
 * Starts the payout of what a freelancer gave back for a lost chargeback and is owed again, but for what
 * went into other debts at once. Needs `lockDebts`.
 */
export async function payFree(
  trx: TransactionClientContract,
  recovered: Recovered,
  amount: Money
): Promise<void> {
  const free = await freePayable(trx, recovered.userId, amount.currency)
  const rest = smaller(free, amount)
  if (rest.isPositive) await startPayout(trx, recovered, rest)
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
  { chargebackId, deposit, milestoneId, userId }: Recovered,
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
      chargebackId,
      userId,
      state: 'waiting',
    },
    { client: trx }
  )
  await enqueue(trx, sendPayoutJob, { transactionId: transaction.id })
}
