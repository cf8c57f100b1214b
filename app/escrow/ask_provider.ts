import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { inTransaction } from '#database/transaction'
import {
  ProviderFailure,
  providerKey,
  type Provider,
  type ProviderMovement,
} from '#payments/provider'
import type Transaction from '#models/transaction'
import { lockTransaction } from '#escrow/locks'
import { settings } from '#escrow/settings'

/** What we know after asking a provider for a refund or payout. */
export type Answer =
  | { kind: 'observed'; movement: ProviderMovement }
  /** Definitely no effect. */
  | { kind: 'declined'; code: string; message: string }
  /** It may have happened: the transaction stays pending, the money stays in transit. */
  | { kind: 'unknown'; failure: ProviderFailure }
  /** Conclusively absent: the attempt is over, the next run sends under a new key. */
  | { kind: 'absent' }

export interface Ask {
  /** Sends it under the given key. Called at most once. */
  send: (key: string) => Promise<ProviderMovement>
  /** Reads it by the provider's id. */
  get: (id: string) => Promise<ProviderMovement>
  /** Looks it up by the id that we left in its metadata. */
  find: () => Promise<ProviderMovement | undefined>
}

/**
 * Asks a provider for a movement of money so that it happens at most once, however often this runs
 * and wherever it is interrupted:
 *
 * 1. the provider's id is known: read it;
 * 2. never sent before (`firstTime`): send it;
 * 3. sent before, outcome unknown: look it up; if it is not there, send it again under the *same* key;
 * 4. `key_absence_lookups` (two) look-ups, `unknown_lookup_interval_seconds` apart, found nothing and the old key only
 *    replays an error or has expired: the attempt is over, and only then a new key may be used.
 */
export async function askProvider(
  provider: Provider,
  transaction: Transaction,
  firstTime: boolean,
  ask: Ask
): Promise<Answer> {
  try {
    if (transaction.providerTransactionId) {
      return { kind: 'observed', movement: await ask.get(transaction.providerTransactionId) }
    }
    if (!firstTime) {
      const movement = await ask.find()
      if (movement) return { kind: 'observed', movement }
      if (keyHasExpired(provider, transaction)) return await concludeAbsence(transaction)
    }
    const key = providerKey(transaction.id, transaction.attempt)
    return { kind: 'observed', movement: await ask.send(key) }
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    if (failure.kind === 'declined') {
      return { kind: 'declined', code: failure.code, message: failure.message }
    }
    logger.warn(
      { transactionId: transaction.id, kind: failure.kind, code: failure.code },
      'the provider gave no answer'
    )
    if (failure.kind === 'unknown' && !firstTime && wasAnswered(failure)) {
      const verdict = await concludeAbsence(transaction)
      if (verdict.kind === 'absent') return verdict
    }
    return { kind: 'unknown', failure }
  }
}

/** The provider did answer, with an error of its own: that is what its key replays from now on. */
function wasAnswered(failure: ProviderFailure): boolean {
  return failure.code !== 'timeout' && failure.code !== 'connection'
}

/**
 * An hour early: no request under the old key may still be on its way when the provider forgets it,
 * or it would count as a new one.
 */
const EXPIRY_MARGIN_MS = 3_600_000

function keyHasExpired(provider: Provider, transaction: Transaction): boolean {
  const sentAt = transaction.sentAt?.toMillis() ?? Date.now()
  return Date.now() - sentAt > provider.keyLifetimeMs - EXPIRY_MARGIN_MS
}

/** Counts one look-up that found nothing; enough of them, far enough apart, end the attempt. */
async function concludeAbsence(transaction: Transaction): Promise<Answer> {
  const absent = await inTransaction(async (trx) => {
    const current = await lockTransaction(trx, transaction.id)
    if (current.status !== 'pending' || current.attempt !== transaction.attempt) return false
    const { unknown_lookup_interval_seconds: interval, key_absence_lookups: enough } =
      await settings(trx)
    const { rows } = await trx.rawQuery(
      `UPDATE transactions SET absent_lookups = absent_lookups + 1, last_lookup_at = now()
        WHERE id = ? AND (last_lookup_at IS NULL OR last_lookup_at <= now() - make_interval(secs => ?))
        RETURNING absent_lookups`,
      [transaction.id, interval]
    )
    if ((rows[0]?.absent_lookups ?? 0) < enough) return false
    await startNewAttempt(trx, transaction.id)
    return true
  })
  if (absent) return { kind: 'absent' }
  return {
    kind: 'unknown',
    failure: new ProviderFailure('unknown', 'not_found_yet', 'A look-up found nothing so far.'),
  }
}

/**
 * Lets the next run send under a new key. Call it only after a definite failure or conclusive
 * absence: a new key while an outcome is open pays twice.
 */
export async function startNewAttempt(
  trx: TransactionClientContract,
  transactionId: string
): Promise<void> {
  await trx
    .from('transactions')
    .where('id', transactionId)
    .update({
      attempt: db.raw('attempt + 1'),
      sent_at: null,
      absent_lookups: 0,
      last_lookup_at: null,
    })
}
