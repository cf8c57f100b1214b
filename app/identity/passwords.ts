import { availableParallelism } from 'node:os'
import hash from '@adonisjs/core/services/hash'
import { Problem, unprocessable } from '#exceptions/problem'
import { TurnStile } from '#identity/turnstile'
import { newToken } from '#identity/opaque_tokens'

/** OWASP's Authentication Cheat Sheet: length, not composition; long enough for passphrases. */
export const PASSWORD_MIN = 12
export const PASSWORD_MAX = 128

/**
 * A hash takes 19 MiB and a thread of the four that file access and DNS share, so a burst of sign-ins
 * could starve everything else. At 20 to 40 ms each, a full queue is about a second of waiting.
 */
const turnstile = new TurnStile({ running: Math.min(3, availableParallelism()), waiting: 64 })

/** @throws Problem 503 `busy` */
export function hashPassword(password: string): Promise<string> {
  return turnstile.pass(() => hash.make(normalise(password)))
}

let decoy: Promise<string> | undefined

/**
 * Whether the password fits. Without a stored hash, as for an address that nobody has and for an account
 * that has no password, it takes as long as with one, so that the time of a refusal does not tell who is
 * a customer.
 *
 * @throws Problem 503 `busy`
 */
export async function passwordFits(
  stored: string | null | undefined,
  password: string
): Promise<boolean> {
  // Made before looking at `stored`: whoever comes first waits for it, known address or not.
  decoy ??= hash.make(newToken())
  const against = stored ?? (await decoy)
  const fits = await turnstile.pass(() => hash.verify(against, normalise(password)))
  return fits && typeof stored === 'string'
}

/** @throws Problem 422 for a password that is the e-mail address, which everybody would try first */
export function assertNotEmail(password: string, email: string): void {
  if (normalise(password).toLowerCase() === email) {
    throw unprocessable('password', 'not_email', 'The password must not be the e-mail address.')
  }
}

/** The same letters typed on another device may arrive as other code points (NIST SP 800-63B). */
function normalise(password: string): string {
  return password.normalize('NFKC')
}

/** 401 with the same words for a wrong password and for an address that nobody has. */
export function invalidCredentials(): Problem {
  return new Problem('The e-mail address or the password is wrong.', {
    code: 'invalid_credentials',
    status: 401,
  })
}
