import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { Problem, unprocessable } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import { mailEmailChange } from '#jobs/mail_email_change'
import type User from '#models/user'
import { confirmPassword, lockIfUnchanged, wrongPassword } from '#identity/confirm_password'
import { EMAIL_CHANGE_LIFETIME } from '#identity/email_change_lifetime'
import { cancelEmailChange } from '#identity/pending'

/** So that nobody's mailbox can be flooded by asking again and again. */
const MAX_CHANGES_PER_HOUR = 5

/**
 * Asks for another e-mail address: a link goes to the present one and to the new one, and the address
 * changes when both were opened (`confirmEmailChange`). From an address that is not verified, the new one is
 * enough. An earlier change that is under way ends.
 *
 * Whether the new address has an account is not looked at, so the answer and the mails cannot tell: who
 * has to learn it is who can open the mail at that address.
 *
 * @param email lower case, trimmed
 * @param sessionId the session that asks; it outlives the change
 * @throws Problem 422 for the present address and for a wrong password, 409 `no_password`, 429
 *   `too_many_changes`, 503 `busy`
 */
export async function requestEmailChange(
  user: User,
  sessionId: string,
  { email, password }: { email: string; password: string }
): Promise<void> {
  await confirmPassword(user, password)
  if (email === user.email) {
    throw unprocessable('email', 'other_email', 'This is the address of your account already.')
  }
  await inTransaction(async (trx) => {
    const held = await lockIfUnchanged(trx, user)
    if (!held) throw wrongPassword()
    await assertNotTooMany(trx, user.id)
    await cancelEmailChange(trx, user.id)
    const [change] = await trx
      .insertQuery()
      .table('email_changes')
      .insert({
        user_id: held.id,
        session_id: sessionId,
        old_email: held.email,
        new_email: email,
        expires_at: trx.raw(`now() + interval '${EMAIL_CHANGE_LIFETIME}'`),
      })
      .returning('id')
    // Whose mailbox an address is that was never verified, nobody knows: likely it was mistyped.
    if (held.isVerified) await enqueue(trx, mailEmailChange, { changeId: change.id, side: 'old' })
    await enqueue(trx, mailEmailChange, { changeId: change.id, side: 'new' })
  })
}

async function assertNotTooMany(trx: TransactionClientContract, userId: string): Promise<void> {
  const recent = await trx
    .from('email_changes')
    .where('user_id', userId)
    .whereRaw("created_at > now() - interval '1 hour'")
    .select(
      trx.raw('count(*)::int AS changes'),
      trx.raw(
        `ceil(extract(epoch FROM min(created_at) + interval '1 hour' - now()))::int AS over_in`
      )
    )
    .firstOrFail()
  if (recent.changes < MAX_CHANGES_PER_HOUR) return
  throw new Problem('You have asked for many changes within an hour. Wait, then ask again.', {
    code: 'too_many_changes',
    status: 429,
    extra: { retry_after: Math.max(1, recent.over_in) },
  })
}
