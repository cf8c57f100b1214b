import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { recordAudit, type Act } from '#audit/record_audit'
import Staff, { type StaffRole } from '#models/staff'
import { issueInvitation } from '#staff/invitations'
import { tellOfAccess } from '#staff/tell_of_access'

/**
 * Adds somebody who works here. They can sign in once they have set password and second factor by the link.
 *
 * @param who.email lower case, trimmed
 * @returns them, and the link of their invitation, to be given to them by whoever asked
 * @throws Problem 409 `email_taken`
 */
export async function createStaff(
  who: { name: string; email: string; role: StaffRole },
  act: Act
): Promise<{ staff: Staff; link: string }> {
  return inTransaction(async (trx) => {
    const [row] = await trx
      .insertQuery()
      .table('staff')
      .insert(who)
      .onConflict('email')
      .ignore()
      .returning('id')
    if (!row) {
      throw wrongState('Somebody on the staff has this e-mail address already.', 'taken', {
        code: 'email_taken',
      })
    }
    await recordAudit(trx, {
      ...act,
      action: 'staff.invited',
      target: { type: 'staff', id: row.id },
      after: { role: who.role },
    })
    const link = await issueInvitation(trx, row.id, act)
    const staff = await Staff.findOrFail(row.id, { client: trx })
    await tellOfAccess(trx, staff, 'invited', act)
    return { staff, link }
  })
}
