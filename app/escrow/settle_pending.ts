import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { Problem } from '#exceptions/problem'
import { ProviderFailure } from '#payments/provider'
import { providerFor } from '#payments/registry'
import Transaction from '#models/transaction'
import { applyDeposit } from '#escrow/apply_deposit'
import { applyPayout } from '#escrow/apply_payout'
import { applyRefund } from '#escrow/apply_refund'
import { cancelDeposit } from '#escrow/cancel_deposit'
import { SYSTEM } from '#escrow/record_activity'
import { sendDeposit } from '#escrow/send_deposit'
import { sendPayout } from '#escrow/send_payout'
import { sendRefund } from '#escrow/send_refund'

export interface Settled {
  transactionId: string
  type: string
  amount: bigint
  currency: string
  before: string
  after: string
  /** Why it is still pending, for people. */
  note: string
}

export interface SettlePending {
  /** Only transactions at least this old, in seconds: younger ones are being worked on. */
  olderThanSeconds: number
  /** At most this many, oldest first. */
  limit?: number
}

/**
 * Settles what is pending by asking the providers: unknown outcomes are looked up, expired deposits
 * cancelled, and what waited for a balance or an account is tried again. The same transaction may be
 * settled by a webhook or a job at the same moment; everything here is safe to repeat.
 *
 * @returns every transaction that was looked at, with its status before and after
 */
export async function settlePending(options: SettlePending): Promise<Settled[]> {
  const pending = await Transaction.query()
    .where('status', 'pending')
    .whereIn('transaction_type', ['deposit', 'refund', 'payout'])
    .whereRaw('created_at <= now() - make_interval(secs => ?)', [options.olderThanSeconds])
    .orderBy('created_at')
    .limit(options.limit ?? 500)
  const results: Settled[] = []
  for (const transaction of pending) {
    let note = ''
    try {
      await settle(transaction)
    } catch (error) {
      if (!(error instanceof Problem || error instanceof ProviderFailure)) throw error
      note = error.message
      logger.warn({ transactionId: transaction.id, err: error }, 'still pending')
    }
    const after = await Transaction.findOrFail(transaction.id)
    results.push({
      transactionId: transaction.id,
      type: transaction.transactionType,
      amount: transaction.amount,
      currency: transaction.currency,
      before: transaction.status,
      after: after.status,
      note: note || after.waitReason || after.failureMessage,
    })
  }
  return results
}

async function settle(transaction: Transaction): Promise<void> {
  if (transaction.transactionType === 'refund') return settleRefund(transaction)
  if (transaction.transactionType === 'payout') return settlePayout(transaction)
  await settleDeposit(transaction)
}

async function settleDeposit(transaction: Transaction): Promise<void> {
  const { rows } = await db.rawQuery(
    'SELECT state, expires_at <= now() AS expired FROM deposits WHERE transaction_id = ?',
    [transaction.id]
  )
  const { state, expired } = rows[0]
  if (state === 'frozen') return
  if (state === 'cancelling' || expired) {
    const why = expired
      ? { failureCode: 'expired', failureMessage: 'It was not paid in time.' }
      : {}
    await cancelDeposit(transaction.id, { actor: SYSTEM, ...why })
    return
  }
  if (!transaction.providerTransactionId) {
    await sendDeposit(transaction.id)
    return
  }
  const provider = providerFor(transaction.paymentProvider)
  await applyDeposit(provider, await provider.getDeposit(transaction.providerTransactionId))
}

async function settleRefund(transaction: Transaction): Promise<void> {
  if (!transaction.providerTransactionId) {
    await sendRefund(transaction.id)
    return
  }
  const provider = providerFor(transaction.paymentProvider)
  await applyRefund(provider, await provider.getRefund(transaction.providerTransactionId))
}

async function settlePayout(transaction: Transaction): Promise<void> {
  if (!transaction.providerTransactionId) {
    await sendPayout(transaction.id)
    return
  }
  const provider = providerFor(transaction.paymentProvider)
  await applyPayout(provider, await provider.getPayout(transaction.providerTransactionId))
}
