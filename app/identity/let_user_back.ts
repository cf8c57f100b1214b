import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { giveTimeAgain } from '#escrow/disputes/give_time_again'
import { wakeWaitingPayouts } from '#escrow/wake_waiting_payouts'
import { enqueue } from '#jobs/queue'
import mailSecurityNotice from '#jobs/mail_security_notice'
import { lockPerson } from '#identity/lock_person'

/**
 * Ends a suspension: they sign in again as before, with sessions of their own, and what was held of their
 * payouts is sent. Disputes that wait for their answer have all of their time again. They are told.
 *
 * @throws Problem 404; 409 `wrong_state` for who is not suspended, or erased
 */
export async function letUserBack(userId: string, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const user = await lockPerson(trx, userId)
    if (!user.suspendedAt) throw wrongState('This user is not suspended.', 'active')
    await trx.from('users').where('id', user.id).update({ suspended_at: null })
    await wakeWaitingPayouts(trx, user.id, { refused: false })
    await giveTimeAgain(trx, user.id)
    await enqueue(trx, mailSecurityNotice, { userId: user.id, notice: 'account_let_back' })
    await recordAudit(trx, {
      ...act,
      action: 'user.let_back',
      target: { type: 'user', id: user.id },
      before: { suspended: true },
      after: { suspended: false },
    })
  })
}
