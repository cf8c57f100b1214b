import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import { Money } from '#ledger/money'
import type { Provider } from '#payments/provider'
import type Transaction from '#models/transaction'

/** What a provider had available for us, and when (by the database's clock) we began to ask. */
export interface BalanceSnapshot {
  available: Money
  askedAt: string
}

/**
 * Asks a provider for our available balance. Call it before the transaction that reserves.
 *
 * @throws ProviderFailure
 */
export async function snapshotBalance(
  provider: Provider,
  currency: string
): Promise<BalanceSnapshot> {
  const { rows } = await db.rawQuery('SELECT clock_timestamp()::text AS asked_at')
  const balances = await provider.getBalance()
  const own = balances.find((balance) => balance.currency === currency)
  return { available: own?.available ?? Money.zero(currency), askedAt: rows[0].asked_at }
}

/**
 * Sets aside what a payout or refund will take from our balance at its provider, so that two of them
 * cannot both count on the same money. One at a time per rail and currency.
 *
 * A reservation that was settled after the snapshot was asked for still counts: the snapshot may not
 * show yet that its money has left.
 *
 * @returns false if the balance does not suffice: the movement waits
 */
export async function reserve(
  trx: TransactionClientContract,
  movement: Pick<Transaction, 'id' | 'rail' | 'currency' | 'amount'>,
  snapshot: BalanceSnapshot
): Promise<boolean> {
  const { rail, currency, id, amount } = movement
  await trx.rawQuery('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [
    `reserve:${rail}:${currency}`,
  ])
  const { rows } = await trx.rawQuery(
    `SELECT coalesce(sum(amount), 0)::bigint AS reserved FROM reservations
      WHERE rail = ? AND currency = ? AND transaction_id <> ?
        AND (settled_at IS NULL OR settled_at >= ?::timestamptz)`,
    [rail, currency, id, snapshot.askedAt]
  )
  const free = snapshot.available.minor - BigInt(rows[0].reserved)
  if (free < amount) return false
  await trx.rawQuery(
    `INSERT INTO reservations (transaction_id, rail, currency, amount) VALUES (?, ?, ?, ?)
     ON CONFLICT (transaction_id) DO UPDATE
       SET settled_at = NULL, rail = excluded.rail, currency = excluded.currency, amount = excluded.amount`,
    [id, rail, currency, amount.toString()]
  )
  return true
}

/**
 * Gives a reservation back: the money has left our available balance, or will not leave it. To be called
 * as soon as the provider shows it as gone, or it would count twice while its outcome is open.
 */
export async function settleReservation(
  trx: TransactionClientContract,
  transactionId: string
): Promise<void> {
  await trx
    .from('reservations')
    .where('transaction_id', transactionId)
    .whereNull('settled_at')
    .update({ settled_at: db.raw('now()') })
}
