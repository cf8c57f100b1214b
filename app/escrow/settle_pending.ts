import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { Problem } from '#exceptions/problem'
import { ProviderFailure } from '#payments/provider'
import { providerFor } from '#payments/registry'
import Transaction from '#models/transaction'
import { applyDeposit } from '#escrow/apply_deposit'
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
  /** Nobody knows what became of it at the provider, or the records contradict each other. */
  unknown: boolean
}

export interface SettlePending {
  /** Only transactions at least this old, in seconds: younger ones are being worked on. */
  olderThanSeconds: number
  /** Ends the run after the transaction at hand. */
  signal?: AbortSignal
}

/**
 * Settles what is pending by asking the providers: unknown outcomes are looked up, expired deposits
 * cancelled, and what waited for a balance or an account is tried again. The same transaction may be
 * settled by a webhook or a job at the same moment; everything here is safe to repeat.
 *
 * Every one that is pending has its turn, who waited longest first, and none that fails holds up the
 * others. Only what a person has to look at is passed over: frozen deposits and refused payouts.
 *
 * @returns every transaction that is or was pending, with its status before and after
 */
export async function settlePending(options: SettlePending): Promise<Settled[]> {
  const results: Settled[] = []
  for (const id of await pendingIds(options.olderThanSeconds)) {
    if (options.signal?.aborted) break
    results.push(await settleOne(id))
  }
  return results
}

async function pendingIds(olderThanSeconds: number): Promise<string[]> {
  const { rows } = await db.rawQuery(
    `SELECT id FROM transactions
      WHERE status = 'pending' AND transaction_type IN ('deposit', 'refund', 'payout')
        AND created_at <= now() - make_interval(secs => ?)
      ORDER BY settle_tried_at NULLS FIRST, created_at`,
    [olderThanSeconds]
  )
  return rows.map((row: { id: string }) => row.id)
}

async function settleOne(id: string): Promise<Settled> {
  await db
    .from('transactions')
    .where('id', id)
    .update({ settle_tried_at: db.raw('now()') })
  const transaction = await Transaction.findOrFail(id)
  let note = ''
  try {
    await settle(transaction)
  } catch (error) {
    note = error instanceof Error ? error.message : String(error)
    const expected = error instanceof Problem || error instanceof ProviderFailure
    logger[expected ? 'warn' : 'error']({ transactionId: id, err: error }, 'still pending')
  }
  const after = await Transaction.findOrFail(id)
  // Waiting for its payer, an account or a balance is nothing to worry about.
  const waits = after.sentAt === null || after.providerTransactionId !== ''
  return {
    unknown: after.status === 'pending' && (!waits || after.failureCode === 'provider_mismatch'),
    transactionId: id,
    type: transaction.transactionType,
    amount: transaction.amount,
    currency: transaction.currency,
    before: transaction.status,
    after: after.status,
    note: note || after.waitReason || after.failureMessage,
  }
}

async function settle(transaction: Transaction): Promise<void> {
  if (transaction.transactionType === 'refund') return settleRefund(transaction)
  if (transaction.transactionType === 'payout') {
    await sendPayout(transaction.id)
    return
  }
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
