import { inTransaction } from '#database/transaction'
import { type Problem, unprocessable } from '#exceptions/problem'
import User from '#models/user'
import { hasMfa } from '#identity/mfa/authenticators'
import type { BothFactors } from '#identity/mfa/change'
import { takeSecondFactor } from '#identity/mfa/second_factor'

/**
 * Asks who has confirmed that they are the owner (`confirmOwner`) for their second factor, if they have one.
 * A code is used up by it.
 *
 * @throws Problem 422 for what is missing or wrong; 429 `too_many_codes`
 */
export async function confirmSecondFactor(user: User, given: BothFactors): Promise<void> {
  // What is wrong is thrown out here and not inside: a wrong code must stay counted.
  const wrong = await inTransaction(async (trx) => {
    await User.query({ client: trx }).where('id', user.id).forUpdate().firstOrFail()
    if (!(await hasMfa(trx, user.id))) return null
    if ((given.code === undefined) === (given.recovery_code === undefined)) return oneFactor()
    return takeSecondFactor(trx, user.id, given)
  })
  if (!wrong) return
  // Who is signed in is not to be told to sign in: clients take a 401 for the end of their session.
  if (wrong.status !== 401) throw wrong
  const field = given.code === undefined ? 'recovery_code' : 'code'
  throw unprocessable(field, 'valid_code', wrong.message)
}

function oneFactor(): Problem {
  return unprocessable('code', 'one_of', 'Give either code or recovery_code.')
}
