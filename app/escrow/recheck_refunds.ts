import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { ProviderFailure } from '#payments/provider'
import { providerFor } from '#payments/registry'
import Transaction from '#models/transaction'
import { applyRefund } from '#escrow/apply_refund'

export interface RecheckRefunds {
  /** Only refunds that had their outcome within so many days: banks send money back for about a month. */
  days: number
  /** At most so many; who was looked at longest ago comes first. */
  limit: number
  signal?: AbortSignal
}

/**
 * Looks once more at refunds that had their outcome: a bank may send one back weeks later, and the webhook
 * that tells of it may never come. What turned is booked as if it had been told.
 *
 * @returns how many were looked at, and which have turned
 */
export async function recheckRefunds(
  options: RecheckRefunds
): Promise<{ looked: number; turned: string[] }> {
  const { rows } = await db.rawQuery(
    `SELECT id FROM transactions
      WHERE transaction_type = 'refund' AND status <> 'pending' AND provider_transaction_id <> ''
        AND completed_at > now() - make_interval(days => ?)
      ORDER BY settle_tried_at NULLS FIRST, completed_at LIMIT ?`,
    [options.days, options.limit]
  )
  const turned: string[] = []
  let looked = 0
  for (const { id } of rows) {
    if (options.signal?.aborted) break
    looked++
    try {
      if (await hasTurned(id)) turned.push(id)
    } catch (error) {
      const expected = error instanceof ProviderFailure
      logger[expected ? 'warn' : 'error']({ transactionId: id, err: error }, 'no look at a refund')
    }
  }
  return { looked, turned }
}

async function hasTurned(id: string): Promise<boolean> {
  await db
    .from('transactions')
    .where('id', id)
    .update({ settle_tried_at: db.raw('now()') })
  const before = await Transaction.findOrFail(id)
  const provider = providerFor(before.paymentProvider)
  await applyRefund(provider, await provider.getRefund(before.providerTransactionId))
  const after = await Transaction.findOrFail(id)
  return after.status !== before.status
}
