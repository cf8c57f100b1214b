import { availableParallelism } from 'node:os'
import hash from '@adonisjs/core/services/hash'
import { Problem } from '#exceptions/problem'
import { TurnStile } from '#identity/turnstile'
import { newToken } from '#identity/opaque_tokens'

/** OWASP's Authentication Cheat Sheet: length, not composition; long enough for passphrases. */
export const PASSWORD_MIN = 12
export const PASSWORD_MAX = 128

/**
 * A hash takes 19 MiB and a thread of the four that file access and DNS share, so a burst of sign-ins
 * could starve everything else. At 20 to 40 ms each, a full queue is about a second of waiting. A client
 * may be a whole office; four of them fill it.
 */
const turnstile = new TurnStile({
  running: Math.min(3, availableParallelism()),
  waiting: 64,
  share: 16,
})

/**
 * @param client who asks: the network of who is not signed in, else the user's id
 * @throws Problem 503 `busy`
 */
export function hashPassword(password: string, client: string): Promise<string> {
  return turnstile.pass(client, () => hash.make(normalise(password)))
}

let decoy: Promise<string> | undefined

function makeDecoy(): Promise<string> {
  return hash.make(newToken()).catch((error) => {
    // One failure is not to be the answer to everybody who ever signs in.
    decoy = undefined
    throw error
  })
}

/**
 * Whether the password fits. Without a stored hash, as for an address that nobody has and for an account
 * that has no password, it takes as long as with one, so that the time of a refusal does not tell who is
 * a customer.
 *
 * @param client as for `hashPassword`
 * @throws Problem 503 `busy`
 */
export async function passwordFits(
  stored: string | null | undefined,
  password: string,
  client: string
): Promise<boolean> {
  // Awaited before looking at `stored`: whoever comes first waits for it, known address or not.
  const instead = await (decoy ??= makeDecoy())
  const against = stored ?? instead
  const fits = await turnstile.pass(client, () => hash.verify(against, normalise(password)))
  return fits && typeof stored === 'string'
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
