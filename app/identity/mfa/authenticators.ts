import encryption from '@adonisjs/core/services/encryption'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { Secret, TOTP } from 'otpauth'
import { Problem } from '#exceptions/problem'
import type User from '#models/user'

/** Seconds that a code is shown for. */
const PERIOD = 30

/** Codes of the step before and after are good as well: clocks differ, and people type slowly. */
const WINDOW = 1

/** RFC 6238 as every authenticator app has it: SHA-1, six digits, half a minute. */
function totp(secret: Secret, label = ''): TOTP {
  const known = { issuer: 'SafeSend', algorithm: 'SHA1', digits: 6, period: PERIOD }
  return new TOTP({ ...known, label, secret })
}

/** A new secret: as it is stored, and as an app takes it. */
export function newAuthenticator(user: User): { stored: string; secret: string; url: string } {
  const secret = new Secret({ size: 20 })
  return {
    stored: encryption.encrypt(secret.base32, { purpose: purposeOf(user.id) }),
    secret: secret.base32,
    url: totp(secret, user.email).toString(),
  }
}

/** Whether signing in takes a code; an app whose first code was never given does not count. */
export async function hasMfa(
  client: Pick<QueryClientContract, 'from'>,
  userId: string
): Promise<boolean> {
  const found = await client
    .from('mfa_authenticators')
    .where('user_id', userId)
    .whereNotNull('confirmed_at')
    .select('user_id')
    .first()
  return found !== null
}

/**
 * Takes a code, once: neither it nor an older one is taken again, however many try it at the same moment.
 *
 * @returns whether it was good, and had not been used
 * @throws Problem 503 `mfa_unavailable` when our key for the secret is gone
 */
export async function takeCode(
  trx: TransactionClientContract,
  userId: string,
  code: string
): Promise<boolean> {
  const row = await trx.from('mfa_authenticators').where('user_id', userId).firstOrFail()
  const secret = encryption.decrypt<string>(row.secret, purposeOf(userId))
  if (secret === null) throw unreadable(userId)

  const timestamp = Date.now()
  const steps = totp(Secret.fromBase32(secret)).validate({ token: code, timestamp, window: WINDOW })
  if (steps === null) return false
  const step = Math.floor(timestamp / 1000 / PERIOD) + steps
  const taken = await trx
    .from('mfa_authenticators')
    .where('user_id', userId)
    .where((unused) => unused.whereNull('last_step').orWhere('last_step', '<', step))
    .returning('user_id')
    .update({ last_step: step })
  return taken.length > 0
}

/** APP_KEY was changed without keeping the old one. Recovery codes need no key. */
function unreadable(userId: string): Problem {
  return new Problem('Codes of your app cannot be checked right now. Use a recovery code.', {
    code: 'mfa_unavailable',
    status: 503,
    cause: new Error(`APP_KEY does not decrypt the authenticator secret of ${userId}`),
  })
}

/** A secret that was moved to another user's row does not decrypt there. */
function purposeOf(userId: string): string {
  return `mfa:${userId}`
}
