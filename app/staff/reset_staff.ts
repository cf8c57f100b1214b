import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { recordAudit, type Act } from '#audit/record_audit'
import { forgetAttempts } from '#staff/attempts'
import { dropCredentials } from '#staff/credentials'
import { endSessionsOfStaff } from '#staff/end_sessions'
import { holdStaff } from '#staff/hold_staff'
import { issueInvitation } from '#staff/invitations'
import { tellOfAccess } from '#staff/tell_of_access'

/**
 * Takes away what somebody signs in with, who has lost it or fears that another has it, and invites them anew.
 *
 * @returns the link of the invitation, to be given to them by whoever made sure that it is them
 * @throws Problem 404, 403 `not_yourself`, 409 for who is disabled
 */
export async function resetStaff(staffId: string, act: Act): Promise<string> {
  return inTransaction(async (trx) => {
    const staff = await holdStaff(trx, staffId, act)
    if (staff.disabledAt) throw wrongState('They are disabled. Let them back first.', 'disabled')
    await dropCredentials(trx, staff.id)
    await endSessionsOfStaff(trx, staff.id, 'credentials_changed')
    await forgetAttempts(trx, { address: staff.email })
    await recordAudit(trx, {
      ...act,
      action: 'staff.reset',
      target: { type: 'staff', id: staff.id },
    })
    await tellOfAccess(trx, staff, 'reset', act)
    return issueInvitation(trx, staff.id, act)
  })
}
