import db from '@adonisjs/lucid/services/db'
import type PayoutAccount from '#models/payout_account'
import {
  ProviderFailure,
  providerKey,
  type Provider,
  type RecipientState,
} from '#payments/provider'
import { observeRecipient } from '#payments/recipients'

/** So long before a key expires we no longer rely on it. */
const KEY_MARGIN_MS = 3_600_000

/** When a recipient counts as conclusively absent: so many look-ups, so far apart. */
export interface AbsenceRule {
  lookups: number
  secondsApart: number
}
const ABSENCE: AbsenceRule = { lookups: 2, secondsApart: 600 }

/**
 * Has the provider make the recipient of an account that has none yet, once, however often this runs:
 *
 * 1. it is asked for under the key of the account's current attempt, and again under the same key while
 *    the answer is unknown;
 * 2. where the key may have been forgotten, a look-up goes first, or the provider would make a second one;
 * 3. where the key only replays an error it is spent. Nothing is sent under it any more: look-ups decide,
 *    and once they have shown that there is none, the next attempt has a key of its own.
 *
 * @throws ProviderFailure declined if the provider refused; otherwise the next run goes on from here
 */
export async function establishRecipient(
  provider: Provider,
  account: PayoutAccount,
  email: string,
  absence: AbsenceRule = ABSENCE
): Promise<void> {
  await observeRecipient(provider.name, async () => {
    const state = await askFor(provider, account, email, absence)
    return { ...state, payoutAccountId: account.id }
  })
}

async function askFor(
  provider: Provider,
  account: PayoutAccount,
  email: string,
  absence: AbsenceRule
): Promise<RecipientState> {
  const look = () => provider.findRecipient(account.id, account.createdAt.toJSDate())
  const { attempt, spent, forgotten } = await keyOf(provider, account)
  if (spent || forgotten) {
    const made = await look()
    if (made) return made
  }
  const current = spent ? await concludeAbsence(account, attempt, absence) : attempt
  try {
    return await provider.onboardRecipient({
      key: providerKey(account.id, current, 'onboard'),
      payoutAccountId: account.id,
      email,
      country: account.country.trim(),
    })
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    if (failure.kind !== 'unknown' || !failure.replayed) throw failure
    await markKeySpent(account, current)
    const made = await look()
    if (made) return made
    throw failure
  }
}

/** As it is now: another process may have gone on meanwhile. Times are the database's. */
async function keyOf(provider: Provider, account: PayoutAccount) {
  const { rows } = await db.rawQuery(
    `SELECT attempt, last_lookup_at IS NOT NULL AS spent,
            attempted_at < now() - make_interval(secs => ?) AS forgotten
       FROM payout_accounts WHERE id = ?`,
    [(provider.keyLifetimeMs.recipient - KEY_MARGIN_MS) / 1000, account.id]
  )
  return rows[0] as { attempt: number; spent: boolean; forgotten: boolean }
}

/** The first look-up that counts comes an interval from now, after whatever is under way. */
async function markKeySpent(account: PayoutAccount, attempt: number): Promise<void> {
  await db
    .from('payout_accounts')
    .where('id', account.id)
    .where('attempt', attempt)
    .whereNull('last_lookup_at')
    .update({ last_lookup_at: db.raw('now()'), absent_lookups: 0 })
}

/**
 * Counts one look-up that found nothing; enough of them, far enough apart, end the attempt.
 *
 * @returns the next attempt
 * @throws ProviderFailure unknown while that is not so, or if another process has ended it
 */
async function concludeAbsence(
  account: PayoutAccount,
  attempt: number,
  { lookups, secondsApart }: AbsenceRule
): Promise<number> {
  const { rows } = await db.rawQuery(
    `UPDATE payout_accounts
        SET absent_lookups = absent_lookups + 1, last_lookup_at = now()
      WHERE id = ? AND attempt = ? AND last_lookup_at <= now() - make_interval(secs => ?)
      RETURNING absent_lookups`,
    [account.id, attempt, secondsApart]
  )
  if ((rows[0]?.absent_lookups ?? 0) >= lookups) {
    const ended = await db
      .from('payout_accounts')
      .where('id', account.id)
      .where('attempt', attempt)
      .update({
        attempt: attempt + 1,
        attempted_at: db.raw('now()'),
        absent_lookups: 0,
        last_lookup_at: null,
      })
    if (Number(ended) > 0) return attempt + 1
  }
  throw new ProviderFailure('unknown', 'not_found_yet', 'A look-up found nothing so far.')
}
