import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { wakeWaitingPayouts } from '#escrow/wake_waiting_payouts'
import { enqueue } from '#jobs/queue'
import mailSecurityNotice from '#jobs/mail_security_notice'
import { lockPerson } from '#identity/lock_person'
import { dropPending } from '#identity/pending'
import { revokeSessionsOf } from '#identity/sessions'

/**
 * Shuts a user out: all their sessions end with the commit, no way leads in, and what was begun with
 * their credentials is taken back. Their projects go on as far as that takes nothing of them, and what is paid
 * to them waits (docs/console.md). They are told.
 *
 * @throws Problem 404; 409 `wrong_state` for who is suspended, or erased
 */
export async function suspendUser(userId: string, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const user = await lockPerson(trx, userId)
    if (user.suspendedAt) throw wrongState('This user is suspended already.', 'suspended')
    await trx
      .from('users')
      .where('id', user.id)
      .update({ suspended_at: trx.raw('now()') })
    await revokeSessionsOf(trx, user.id, 'suspended')
    await dropPending(trx, user.id)
    // Each finds out why it has to wait now, and shows it.
    await wakeWaitingPayouts(trx, user.id, { refused: false })
    await enqueue(trx, mailSecurityNotice, { userId: user.id, notice: 'account_suspended' })
    await recordAudit(trx, {
      ...act,
      action: 'user.suspended',
      target: { type: 'user', id: user.id },
      before: { suspended: false },
      after: { suspended: true },
    })
  })
}
