import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { Problem, unprocessable, wrongState } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import mailSecurityNotice from '#jobs/mail_security_notice'
import User from '#models/user'
import { confirmOwner } from '#identity/confirm_password'
import { hasMfa } from '#identity/mfa/authenticators'
import { renewRecoveryCodes } from '#identity/mfa/recovery_codes'
import { assertOneFactor, takeSecondFactor, type SecondFactor } from '#identity/mfa/second_factor'

/** The proof that a change of the second factor takes: both factors, anew. */
export interface BothFactors extends SecondFactor {
  /** Of an account that has one. */
  password?: string
}

/**
 * Gives the authenticator app up: signing in takes no code any more. Sessions go on.
 *
 * @throws Problem 409 `mfa_not_enabled`, 422 for a wrong password or code, 429 `too_many_codes`, 403
 *   `sign_in_again`, 503 `busy`
 */
export async function disableMfa(user: User, sessionId: string, given: BothFactors): Promise<void> {
  await withBothFactors(user, sessionId, given, async (trx) => {
    await dropAuthenticator(trx, user.id)
  })
}

/**
 * Replaces the recovery codes.
 *
 * @returns the new ones in clear, to be seen this once
 * @throws Problem as `disableMfa`
 */
export async function replaceRecoveryCodes(
  user: User,
  sessionId: string,
  given: BothFactors
): Promise<string[]> {
  return withBothFactors(user, sessionId, given, (trx) => renewRecoveryCodes(trx, user.id))
}

/** Signing in takes no code any more, the sign-ins that wait for one included; the owner is told. */
export async function dropAuthenticator(
  trx: TransactionClientContract,
  userId: string
): Promise<void> {
  await trx.from('mfa_authenticators').where('user_id', userId).delete()
  await trx
    .from('mfa_challenges')
    .where('user_id', userId)
    .whereNull('used_at')
    .update({ used_at: trx.raw('now()') })
  await enqueue(trx, mailSecurityNotice, { userId, notice: 'mfa_disabled' })
}

async function withBothFactors<T>(
  user: User,
  sessionId: string,
  given: BothFactors,
  act: (trx: TransactionClientContract) => Promise<T>
): Promise<T> {
  assertOneFactor(given)
  await confirmOwner(user, sessionId, given.password)
  const outcome = await inTransaction(async (trx) => {
    await User.query({ client: trx }).where('id', user.id).forUpdate().firstOrFail()
    if (!(await hasMfa(trx, user.id))) return notEnabled()
    return (await takeSecondFactor(trx, user.id, given)) ?? { result: await act(trx) }
  })
  if (!(outcome instanceof Problem)) return outcome.result
  // Who is signed in is not to be told to sign in: clients take a 401 for the end of their session.
  if (outcome.status === 401) {
    const field = given.code === undefined ? 'recovery_code' : 'code'
    throw unprocessable(field, 'valid_code', outcome.message)
  }
  throw outcome
}

function notEnabled(): Problem {
  return wrongState('No codes from an authenticator app are asked for.', 'off', {
    code: 'mfa_not_enabled',
  })
}
