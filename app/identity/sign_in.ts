import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import User from '#models/user'
import { issueAccessToken } from '#identity/access_tokens'
import { networkOf } from '#identity/origin'
import { hasMfa } from '#identity/mfa/authenticators'
import { issueChallenge } from '#identity/mfa/challenges'
import { invalidCredentials, passwordFits } from '#identity/passwords'
import { startSession, type SignInOrigin } from '#identity/sessions'
import { assertNotSuspended } from '#identity/suspended'
import { noteSecurity } from '#telemetry/security_events'

/** What a client needs to go on: an access token for requests, a refresh token for the next one. */
export interface SignedIn {
  user: User
  accessToken: string
  refreshToken: string
}

/** The first factor was right; a code from the authenticator app is awaited (`verifyMfa`). */
export interface MfaRequired {
  /** In clear; stored nowhere. */
  challenge: string
}

export type SignInResult = SignedIn | MfaRequired

/**
 * Signs in with e-mail and password. The address need not be verified. Who has an authenticator app gets
 * a challenge, and no session before its code was right.
 *
 * @param email lower case, trimmed
 * @throws Problem 401 `invalid_credentials`, the same and after the same time whether or not the
 *   address exists, and whether or not its account has a password; 403 `account_suspended`; 503 `busy`
 */
export async function signIn(
  email: string,
  password: string,
  origin: SignInOrigin
): Promise<SignInResult> {
  const candidate = await User.findBy('email', email)
  const fits = await passwordFits(candidate?.password, password, networkOf(origin))
  if (!fits || !candidate?.password) throw invalidCredentials()
  const checked = candidate.password

  return inTransaction(async (trx) => {
    // A reset may have changed the password while it was being checked. Its session would survive the
    // reset, so the row is held and must still be the one that was checked.
    const user = await User.query({ client: trx })
      .where('id', candidate.id)
      .where('password', checked)
      .forShare()
      .first()
    if (!user) throw invalidCredentials()
    return passFirstFactor(trx, user, origin)
  })
}

/**
 * Goes on after the first factor, a password or a provider: to the second one, or to a session.
 *
 * @param user whose row the transaction holds, so that nothing about their sign-in changes meanwhile
 * @throws Problem 403 `account_suspended`
 */
export async function passFirstFactor(
  trx: TransactionClientContract,
  user: User,
  origin: SignInOrigin
): Promise<SignInResult> {
  assertNotSuspended(user)
  if (await hasMfa(trx, user.id)) return { challenge: await issueChallenge(trx, user.id) }
  return beginSession(trx, user, origin)
}

/** Begins a session for who has given every factor. */
export async function beginSession(
  trx: TransactionClientContract,
  user: User,
  origin: SignInOrigin
): Promise<SignedIn> {
  assertNotSuspended(user)
  const { session, refreshToken } = await startSession(trx, user, origin)
  const accessToken = await issueAccessToken({ userId: user.id, sessionId: session.id })
  noteSecurity('signed_in', { user: user.id, session: session.id })
  return { user, accessToken, refreshToken }
}
