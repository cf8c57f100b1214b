import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import mailSecurityNotice from '#jobs/mail_security_notice'
import { lockPerson } from '#identity/lock_person'

/**
 * Marks an address as the user's own without the mailed link, by a member of staff who has made sure. They are
 * told at that address.
 *
 * @throws Problem 404; 409 `already_verified`, or `wrong_state` for who is erased
 */
export async function verifyForUser(userId: string, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const user = await lockPerson(trx, userId)
    if (user.isVerified) {
      throw wrongState('This e-mail address is verified already.', 'verified', {
        code: 'already_verified',
      })
    }
    await user.merge({ isVerified: true }).save()
    await enqueue(trx, mailSecurityNotice, { userId: user.id, notice: 'email_verified_by_staff' })
    await recordAudit(trx, {
      ...act,
      action: 'user.verified',
      target: { type: 'user', id: user.id },
      before: { verified: false },
      after: { verified: true },
    })
  })
}
