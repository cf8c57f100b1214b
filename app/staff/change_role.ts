import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { recordAudit, type Act } from '#audit/record_audit'
import type { StaffRole } from '#models/staff'
import { endSessionsOfStaff } from '#staff/end_sessions'
import { assertAnotherAdmin, holdStaff } from '#staff/hold_staff'
import { tellOfAccess } from '#staff/tell_of_access'

/**
 * Gives somebody another role. They are signed out, so that nothing is open that they may see no more.
 *
 * @throws Problem 404, 403 `not_yourself`, 409 `last_admin`, 409 for who is disabled or has the role already
 */
export async function changeStaffRole(staffId: string, role: StaffRole, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const staff = await holdStaff(trx, staffId, act)
    if (staff.disabledAt) throw wrongState('They are disabled. Let them back first.', 'disabled')
    if (staff.role === role) throw wrongState(`Their role is ${role} already.`, role)
    await assertAnotherAdmin(trx, staff)
    await trx.from('staff').where('id', staff.id).update({ role })
    await endSessionsOfStaff(trx, staff.id, 'role_changed')
    await tellOfAccess(trx, staff, 'given another role', act)
    await recordAudit(trx, {
      ...act,
      action: 'staff.role_changed',
      target: { type: 'staff', id: staff.id },
      before: { role: staff.role },
      after: { role },
    })
  })
}
