import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { Problem } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import mailSecurityNotice from '#jobs/mail_security_notice'
import User from '#models/user'
import { hashToken } from '#identity/opaque_tokens'
import { assertOneFactor, takeSecondFactor, type SecondFactor } from '#identity/mfa/second_factor'
import type { SignInOrigin } from '#identity/sessions'
import { beginSession, type SignedIn } from '#identity/sign_in'

/** Wrong codes after which the first factor must be given again. */
const MAX_WRONG_CODES = 5

/**
 * Completes a sign-in with the second factor.
 *
 * @param challenge from the first factor's answer; good for one session, five minutes and five codes
 * @throws Problem 401 `invalid_challenge` for one that is not good (any more), 401 `invalid_code`, 422
 *   unless there is exactly one code, 429 `too_many_codes`
 */
export async function verifyMfa(
  challenge: string,
  given: SecondFactor,
  origin: SignInOrigin
): Promise<SignedIn> {
  assertOneFactor(given)
  // A wrong code is thrown out here and not inside: it must not roll back that it was counted.
  const outcome = await inTransaction((trx) => attempt(trx, hashToken(challenge), given, origin))
  if (outcome instanceof Problem) throw outcome
  return outcome
}

async function attempt(
  trx: TransactionClientContract,
  tokenHash: string,
  given: SecondFactor,
  origin: SignInOrigin
): Promise<SignedIn | Problem> {
  const challenges = trx.from('mfa_challenges').where('token_hash', tokenHash)
  const found = await challenges.clone().select('user_id').first()
  if (!found) return invalidChallenge()

  // One attempt per user at a time, with however many challenges. The challenge is read after that.
  const user = await User.query({ client: trx })
    .where('id', found.user_id)
    .forUpdate()
    .firstOrFail()
  const challenge = await challenges
    .clone()
    .whereNull('used_at')
    .whereRaw('expires_at > now()')
    .first()
  if (!challenge) return invalidChallenge()

  const wrong = await takeSecondFactor(trx, user.id, given)
  if (!wrong) {
    await challenges.update({ used_at: trx.raw('now()') })
    return beginSession(trx, user, origin)
  }
  const count = challenge.wrong_codes + 1
  await challenges.update({
    wrong_codes: count,
    ...(count >= MAX_WRONG_CODES && { used_at: trx.raw('now()') }),
  })
  if (count === MAX_WRONG_CODES) {
    await enqueue(trx, mailSecurityNotice, { userId: user.id, notice: 'mfa_wrong_codes' })
  }
  wrong.extra = { ...wrong.extra, attempts_left: MAX_WRONG_CODES - count }
  return wrong
}

function invalidChallenge(): Problem {
  return new Problem('This sign-in was completed already or took too long. Sign in again.', {
    code: 'invalid_challenge',
    status: 401,
  })
}
