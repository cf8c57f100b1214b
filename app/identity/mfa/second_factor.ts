import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { Problem, unprocessable } from '#exceptions/problem'
import { takeCode } from '#identity/mfa/authenticators'
import { takeRecoveryCode } from '#identity/mfa/recovery_codes'

/** A code from the authenticator app, or a recovery code in its place: exactly one of the two. */
export interface SecondFactor {
  code?: string
  recovery_code?: string
}

/**
 * Wrong codes that a user has within an hour, from wherever. Of a million codes three are good at any time,
 * so guessing without pause takes about five years; its owner gets a mail in the first hour.
 */
const MAX_WRONG_PER_HOUR = 8

/**
 * Takes a second factor, once, and counts it if it is wrong. The count must be committed, so the caller
 * throws what comes back only after its transaction.
 *
 * Recovery codes cannot be guessed, so they are not counted; who was locked out by somebody's guessing
 * still gets in with one.
 *
 * @param userId whose row the transaction holds, so that one is checked after the other
 * @returns what is wrong: 401 `invalid_code`, 429 `too_many_codes`; null if nothing is
 */
export async function takeSecondFactor(
  trx: TransactionClientContract,
  userId: string,
  given: SecondFactor
): Promise<Problem | null> {
  if (given.recovery_code !== undefined) {
    return (await takeRecoveryCode(trx, userId, given.recovery_code)) ? null : wrongCode()
  }
  const authenticator = trx.from('mfa_authenticators').where('user_id', userId)
  const { wrong, over_in: overIn } = await authenticator
    .clone()
    .select(
      trx.raw(
        `CASE WHEN wrong_since > now() - interval '1 hour' THEN wrong_codes ELSE 0 END AS wrong`
      ),
      trx.raw(`ceil(extract(epoch FROM wrong_since + interval '1 hour' - now()))::int AS over_in`)
    )
    .firstOrFail()
  if (wrong >= MAX_WRONG_PER_HOUR) return tooManyCodes(overIn)
  if (await takeCode(trx, userId, given.code!)) return null
  await authenticator.update({
    wrong_codes: wrong + 1,
    ...(wrong === 0 && { wrong_since: trx.raw('now()') }),
  })
  return wrongCode()
}

function wrongCode(): Problem {
  return new Problem(
    'This code is wrong, too old, or was used already. Wait for the next one of your app.',
    { code: 'invalid_code', status: 401 }
  )
}

function tooManyCodes(seconds: number): Problem {
  return new Problem('There were too many wrong codes. Use a recovery code, or wait.', {
    code: 'too_many_codes',
    status: 429,
    extra: { retry_after: Math.max(1, seconds) },
  })
}

/** @throws Problem 422 unless exactly one of the two is given */
export function assertOneFactor({ code, recovery_code: recoveryCode }: SecondFactor): void {
  if ((code === undefined) === (recoveryCode === undefined)) {
    throw unprocessable('code', 'one_of', 'Give either code or recovery_code.')
  }
}
