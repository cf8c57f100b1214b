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
import { mayHaveBeenSentBefore } from '#recovery/recovering'

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
  /**
   * Sends it under the given key. Called at most once.
   *
   * @param repeated whether it may have been sent under it before
   */
  send: (key: string, repeated: boolean) => Promise<ProviderMovement>
  /** Reads it by the provider's id. */
  get: (id: string) => Promise<ProviderMovement>
  /**
   * Looks it up by the id that we left in its metadata.
   *
   * @param keySentAt when the current key was first sent; undefined if that was before a backup that was restored
   */
  find: (keySentAt?: Date) => Promise<ProviderMovement | undefined>
}

/**
 * Asks a provider for a movement of money so that it happens at most once, however often this runs
 * and wherever it is interrupted:
 *
 * 1. the provider's id is known: read it;
 * 2. the provider may have heard of it, by this attempt or an earlier one, or before this database was restored
 *    from a backup: look it up first;
 * 3. it is not there: send it, or send it again, under this attempt's key, until the provider answers
 *    or the key is spent, which is when it only replays an error or has expired;
 * 4. once the key is spent nothing is sent any more. When `key_absence_lookups` (two) look-ups, each
 *    `unknown_lookup_interval_seconds` after the last, have found nothing, the attempt is over, and
 *    only then a new key may be used.
 *
 * @param firstTime whether nothing was sent under this attempt's key yet
 * @param record brings our books to the answer; what was sent counts as under way until it has
 * @returns what `record` returns
 */
export async function askProvider<T>(
  provider: Provider,
  transaction: Transaction,
  firstTime: boolean,
  ask: Ask,
  record: (answer: Answer) => Promise<T>
): Promise<T> {
  const sentBefore = firstTime && (await mayHaveBeenSentBefore(transaction))
  const keySentAt = sentBefore ? undefined : transaction.sentAt?.toJSDate()
  const looking = { ...ask, find: () => ask.find(keySentAt) }
  const seen = await lookFirst(provider, transaction, firstTime && !sentBefore, looking)
  if (seen) return record(seen)
  if (!(await startSending(transaction))) return record(unknown(transaction, stillSending()))
  try {
    return await record(await send(transaction, ask, !firstTime || sentBefore))
  } finally {
    await endSending(transaction)
  }
}

/** What is known without sending; undefined if it has to be sent. */
async function lookFirst(
  provider: Provider,
  transaction: Transaction,
  firstTime: boolean,
  ask: Ask
): Promise<Answer | undefined> {
  const { providerTransactionId: id, attempt } = transaction
  if (id) return read(() => ask.get(id))
  if (!firstTime || attempt > 1) {
    const seen = await read(ask.find)
    if (seen) return seen
  }
  if (!firstTime && (transaction.keySpent || keyHasExpired(provider, transaction))) {
    return concludeAbsence(transaction)
  }
  return undefined
}

async function send(transaction: Transaction, ask: Ask, repeated: boolean): Promise<Answer> {
  try {
    const key = providerKey(transaction.id, transaction.attempt)
    return { kind: 'observed', movement: await ask.send(key, repeated) }
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    if (failure.kind === 'declined') {
      return { kind: 'declined', code: failure.code, message: failure.message }
    }
    if (failure.kind === 'unknown' && failure.replayed) await markKeySpent(transaction)
    return unknown(transaction, failure)
  }
}

/** Longer than any call to a provider takes, and what it does with one that we gave up on. */
const LONGEST_SEND_SECONDS = 180

/**
 * Notes that a request goes out. Under one key any number may, at the same time; but a new key waits for
 * those under the old one to end. Two may have been sent under that, one refused for a reason that the
 * provider does not keep (a short balance), and the other may come through a moment later.
 *
 * @returns false if an earlier attempt may still be under way, or this one is over already
 */
async function startSending({ id, attempt }: Transaction): Promise<boolean> {
  const { rows } = await db.rawQuery(
    `UPDATE transactions SET sends_open = sends_open + 1, last_send_at = clock_timestamp()
      WHERE id = ? AND attempt = ? AND status = 'pending'
        AND (attempt = 1 OR sends_open = 0
          OR last_send_at < clock_timestamp() - make_interval(secs => ?))
      RETURNING id`,
    [id, attempt, LONGEST_SEND_SECONDS]
  )
  return rows.length > 0
}

/**
 * Whether a request of an earlier attempt may still come through: until then nothing about the movement,
 * such as the rail that it goes by, may be chosen anew.
 */
export async function isStillSending(
  trx: TransactionClientContract,
  transactionId: string
): Promise<boolean> {
  const row = await trx
    .from('transactions')
    .where('id', transactionId)
    .where('sends_open', '>', 0)
    .whereRaw('last_send_at >= clock_timestamp() - make_interval(secs => ?)', [
      LONGEST_SEND_SECONDS,
    ])
    .first()
  return Boolean(row)
}

async function endSending({ id }: Transaction): Promise<void> {
  await db
    .from('transactions')
    .where('id', id)
    .where('sends_open', '>', 0)
    .update({ sends_open: db.raw('sends_open - 1') })
}

function stillSending(): ProviderFailure {
  return new ProviderFailure(
    'retry',
    'still_sending',
    'An earlier request may still be on its way.'
  )
}

/** Looks without sending. One that fails has found out nothing, least of all that nothing is there. */
async function read(
  look: () => Promise<ProviderMovement | undefined>
): Promise<Answer | undefined> {
  try {
    const movement = await look()
    return movement && { kind: 'observed', movement }
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    return { kind: 'unknown', failure }
  }
}

function unknown(transaction: Transaction, failure: ProviderFailure): Answer {
  logger.warn(
    { transactionId: transaction.id, kind: failure.kind, code: failure.code },
    'the provider gave no answer'
  )
  return { kind: 'unknown', failure }
}

/** From now on look-ups decide; the first one counts an interval from now, after whatever is under way. */
async function markKeySpent(transaction: Transaction): Promise<void> {
  await db
    .from('transactions')
    .where('id', transaction.id)
    .where('attempt', transaction.attempt)
    .where('key_spent', false)
    .update({ key_spent: true, last_lookup_at: db.raw('now()') })
}

/**
 * An hour early: no request under the old key may still be on its way when the provider forgets it,
 * or it would count as a new one.
 */
const EXPIRY_MARGIN_MS = 3_600_000

export function keyHasExpired(provider: Provider, transaction: Transaction): boolean {
  const sentAt = transaction.sentAt?.toMillis() ?? Date.now()
  const kind = transaction.transactionType as 'deposit' | 'refund' | 'payout'
  return Date.now() - sentAt > provider.keyLifetimeMs[kind] - EXPIRY_MARGIN_MS
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
  return unknown(
    transaction,
    new ProviderFailure('unknown', 'not_found_yet', 'A look-up found nothing so far.')
  )
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
      key_spent: false,
    })
}
