import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import mailSecurityNotice from '#jobs/mail_security_notice'
import { lockPerson } from '#identity/lock_person'
import { revokeSessionsOf } from '#identity/sessions'

/**
 * Signs a user out on all devices, by staff; they may sign in again at once, and are told.
 *
 * @throws Problem 404; 409 `wrong_state` for who is signed in nowhere, or erased
 */
export async function endSessionsForUser(userId: string, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const user = await lockPerson(trx, userId)
    const ended = await revokeSessionsOf(trx, user.id, 'revoked')
    if (ended === 0) throw wrongState('This user is signed in nowhere.', 'signed_out')
    await enqueue(trx, mailSecurityNotice, { userId: user.id, notice: 'signed_out_by_staff' })
    await recordAudit(trx, {
      ...act,
      action: 'user.sessions_ended',
      target: { type: 'user', id: user.id },
      before: { sessions: ended },
      after: { sessions: 0 },
    })
  })
}
