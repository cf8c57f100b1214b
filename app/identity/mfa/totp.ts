import encryption from '@adonisjs/core/services/encryption'
import { Secret, TOTP } from 'otpauth'
import { Problem } from '#exceptions/problem'

/** Seconds that a code is shown for. */
const PERIOD = 30

/** Codes of the step before and after are good as well: clocks differ, and people type slowly. */
const WINDOW = 1

/** RFC 6238 as every authenticator app has it: SHA-1, six digits, half a minute. */
function totp(secret: Secret, { issuer = '', label = '' } = {}): TOTP {
  return new TOTP({ issuer, algorithm: 'SHA1', digits: 6, period: PERIOD, label, secret })
}

/**
 * A new secret for an authenticator app.
 *
 * @param purpose whose it is; moved to somebody else's row, it does not decrypt there
 * @param shown what the app shows
 * @returns the secret as it is stored, and as an app takes it
 */
export function newTotpSecret(
  purpose: string,
  shown: { issuer: string; label: string }
): { stored: string; secret: string; url: string } {
  const secret = new Secret({ size: 20 })
  return {
    stored: encryption.encrypt(secret.base32, { purpose }),
    secret: secret.base32,
    url: totp(secret, shown).toString(),
  }
}

/** A stored secret as an app takes it. @throws Problem as `stepOfCode` */
export function readTotpSecret(
  stored: string,
  purpose: string,
  shown: { issuer: string; label: string }
): { secret: string; url: string } {
  const secret = decrypt(stored, purpose)
  return { secret: secret.base32, url: totp(secret, shown).toString() }
}

/**
 * The time step that a code belongs to, null for a wrong one. A code is good once: the caller keeps the step,
 * and takes none that is not after it.
 *
 * @throws Problem 503 `mfa_unavailable` when our key for the secret is gone
 */
export function stepOfCode(stored: string, purpose: string, code: string): number | null {
  const timestamp = Date.now()
  const secret = decrypt(stored, purpose)
  const steps = totp(secret).validate({ token: code, timestamp, window: WINDOW })
  return steps === null ? null : Math.floor(timestamp / 1000 / PERIOD) + steps
}

/** APP_KEY was changed without keeping the old one. Recovery codes need no key. */
function decrypt(stored: string, purpose: string): Secret {
  const secret = encryption.decrypt<string>(stored, purpose)
  if (secret !== null) return Secret.fromBase32(secret)
  throw new Problem('Codes of your app cannot be checked right now. Use a recovery code.', {
    code: 'mfa_unavailable',
    status: 503,
    cause: new Error(`APP_KEY does not decrypt the authenticator secret of ${purpose}`),
  })
}
