import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { forbidden, Problem, unprocessable } from '#exceptions/problem'
import User from '#models/user'
import { passwordFits } from '#identity/passwords'

/**
 * Asks who is signed in for their password once more, before something that a borrowed device or a stolen
 * token must not be enough for.
 *
 * @param field of the request, for the answer
 * @throws Problem 422 for a wrong one; 409 `no_password` for an account without; 503 `busy`
 */
export async function confirmPassword(
  user: User,
  password: string,
  field = 'password'
): Promise<void> {
  if (user.password === null) throw noPassword()
  if (!(await passwordFits(user.password, password, user.id))) throw wrongPassword(field)
}

/** How long after signing in somebody counts as being there. */
const FRESH = '10 minutes'

/**
 * The same before a change of the second factor, also for accounts without a password: their owner must
 * have signed in just now, which takes the provider and cannot be done with a stolen token.
 *
 * @param sessionId the session that asks
 * @throws Problem 422 for a wrong or a missing password, 403 `sign_in_again`, 503 `busy`
 */
export async function confirmOwner(
  user: User,
  sessionId: string,
  password: string | undefined
): Promise<void> {
  if (user.password !== null) {
    if (password === undefined) {
      throw unprocessable('password', 'required', 'Give the password of your account.')
    }
    return confirmPassword(user, password)
  }
  return confirmLately(sessionId)
}

/**
 * Before money goes somewhere else than so far: whoever asks must have signed in just now, with every factor that
 * a sign-in takes. A stolen token, or a browser that was left open, is not enough.
 *
 * @throws Problem 403 `sign_in_again`
 */
export async function confirmLately(sessionId: string): Promise<void> {
  const fresh = await db
    .from('sessions')
    .where('id', sessionId)
    .whereRaw('created_at > now() - ?::interval', [FRESH])
    .first()
  if (!fresh) {
    throw forbidden(
      `Sign in again where you sign in, then repeat this within ${FRESH}.`,
      'sign_in_again'
    )
  }
}

/**
 * Holds the user's row, if the password is still the one that was confirmed. Checking it takes long, and
 * is done outside of any transaction; meanwhile it may have been changed.
 */
export async function lockIfUnchanged(
  trx: TransactionClientContract,
  user: User
): Promise<User | null> {
  const held = await User.query({ client: trx }).where('id', user.id).forUpdate().firstOrFail()
  return held.password === user.password ? held : null
}

export function wrongPassword(field = 'password'): Problem {
  return unprocessable(field, 'wrong_password', 'This is not the password of your account.')
}

function noPassword(): Problem {
  return new Problem(
    'Your account has no password yet. Set one first: ask for a link at POST /api/auth/reset-password.',
    { code: 'no_password', status: 409 }
  )
}
