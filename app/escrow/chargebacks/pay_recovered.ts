import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Money } from '#ledger/money'
import { enqueue } from '#jobs/queue'
import sendPayoutJob from '#jobs/send_payout'
import Payout from '#models/payout'
import Transaction from '#models/transaction'

/**
 * Starts the payout of what a freelancer gave back for a lost chargeback and is owed again. No release
 * stands behind it, and no charge: the money is in our balance.
 *
 * @param input.deposit of the chargeback
 */
export async function payRecovered(
  trx: TransactionClientContract,
  input: {
    chargebackId: string
    deposit: Transaction
    milestoneId: string
    userId: string
    amount: Money
  }
): Promise<Transaction> {
  const { deposit, amount, userId } = input
  const transaction = await Transaction.create(
    {
      escrowAccountId: deposit.escrowAccountId,
      milestoneId: input.milestoneId,
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
      chargebackId: input.chargebackId,
      userId,
      state: 'waiting',
    },
    { client: trx }
  )
  await enqueue(trx, sendPayoutJob, { transactionId: transaction.id })
  return transaction
}
