import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { enqueue } from '#jobs/queue'
import mailLink from '#jobs/mail_link'
import mailSecurityNotice from '#jobs/mail_security_notice'
import User from '#models/user'
import { networkOf } from '#identity/origin'
import { assertNotGuessable } from '#identity/guessable'
import { hashPassword } from '#identity/passwords'
import { dropPending } from '#identity/pending'
import { revokeSessionsOf, type SignInOrigin } from '#identity/sessions'
import { spendSingleUseToken } from '#identity/single_use_tokens'
import { assertNotSuspended } from '#identity/suspended'

/**
 * Mails a link to set a new password, if the address has an account. The caller cannot tell: for any
 * address the same job is sent, and only the worker finds that there is nobody to write to.
 *
 * @param email lower case, trimmed
 */
export async function requestPasswordReset(email: string): Promise<void> {
  const user = await User.findBy('email', email)
  await enqueue(db, mailLink, { userId: user?.id ?? null, purpose: 'reset_password' })
}

/**
 * Sets a new password, ends all sessions of the user, and tells the owner of the address: if it was
 * not them, somebody reads their mail. It is one factor of two for who has an authenticator app: signing
 * in with the new password takes a code as before.
 *
 * @param token from the mailed link
 * @throws Problem 422 for a token that is not good (any more) or a password that is guessed easily;
 *   403 `account_suspended`; 503 `busy`
 */
export async function resetPassword(
  token: string,
  password: string,
  origin: SignInOrigin
): Promise<void> {
  // Before the transaction: hashing may wait for its turn, and a connection is not to wait with it.
  const hashed = await hashPassword(password, networkOf(origin))
  await inTransaction(async (trx) => {
    const userId = await spendSingleUseToken(trx, token, 'reset_password')
    const user = await User.query({ client: trx }).where('id', userId).forUpdate().firstOrFail()
    assertNotSuspended(user)
    assertNotGuessable(password, user.email)
    await user.merge({ password: hashed }).save()
    await revokeSessionsOf(trx, user.id, 'password_reset')
    await dropPending(trx, user.id)
    await enqueue(trx, mailSecurityNotice, { userId: user.id, notice: 'password_reset' })
  })
}
