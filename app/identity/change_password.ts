import { inTransaction } from '#database/transaction'
import { unprocessable } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import mailSecurityNotice from '#jobs/mail_security_notice'
import type User from '#models/user'
import { confirmPassword, lockIfUnchanged, wrongPassword } from '#identity/confirm_password'
import { assertNotGuessable } from '#identity/guessable'
import { hashPassword } from '#identity/passwords'
import { dropPending } from '#identity/pending'
import { revokeSessionsOf } from '#identity/sessions'

/**
 * Sets another password for who knows the present one. The session that asks goes on, all others end;
 * what was begun with the old password is taken back, and the owner is told.
 *
 * @param sessionId the session that asks
 * @throws Problem 422 for a wrong present password and for a new one that is the address or the
 *   present one, 409
 *   `no_password`, 503 `busy`
 */
export async function changePassword(
  user: User,
  sessionId: string,
  { current, password }: { current: string; password: string }
): Promise<void> {
  assertNotGuessable(password, user.email)
  await confirmPassword(user, current, 'current_password')
  if (password === current) {
    throw unprocessable('password', 'another', 'This is your present password. Choose another one.')
  }
  const hashed = await hashPassword(password, user.id)

  await inTransaction(async (trx) => {
    // As it was checked: two changes at the same moment are one change and one wrong password.
    const held = await lockIfUnchanged(trx, user)
    if (!held) throw wrongPassword('current_password')
    await held.merge({ password: hashed }).save()
    await revokeSessionsOf(trx, user.id, 'password_changed', { except: sessionId })
    await dropPending(trx, user.id)
    await enqueue(trx, mailSecurityNotice, { userId: user.id, notice: 'password_changed' })
  })
}
