import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { recordAudit, type Act } from '#audit/record_audit'
import { dropCredentials } from '#staff/credentials'
import { holdStaff } from '#staff/hold_staff'
import { issueInvitation } from '#staff/invitations'
import { tellOfAccess } from '#staff/tell_of_access'

/**
 * Lets somebody back who was disabled, by a new invitation: what they signed in with may be anywhere by now.
 *
 * @returns the link of the invitation
 * @throws Problem 404, 403 `not_yourself`, 409 for who is not disabled
 */
export async function enableStaff(staffId: string, act: Act): Promise<string> {
  return inTransaction(async (trx) => {
    const staff = await holdStaff(trx, staffId, act)
    if (!staff.disabledAt) throw wrongState('They are not disabled.', 'enabled')
    await trx.from('staff').where('id', staff.id).update({ disabled_at: null })
    await dropCredentials(trx, staff.id)
    await recordAudit(trx, {
      ...act,
      action: 'staff.enabled',
      target: { type: 'staff', id: staff.id },
      after: { role: staff.role },
    })
    await tellOfAccess(trx, staff, 'let back', act)
    return issueInvitation(trx, staff.id, act)
  })
}
