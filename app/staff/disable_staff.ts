import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { recordAudit, type Act } from '#audit/record_audit'
import { endSessionsOfStaff } from '#staff/end_sessions'
import { assertAnotherAdmin, holdStaff } from '#staff/hold_staff'
import { dropInvitations } from '#staff/invitations'

/**
 * Lets somebody in no more, from this moment on. What they did stays under their name.
 *
 * @throws Problem 404, 403 `not_yourself`, 409 `last_admin`, 409 for who is disabled already
 */
export async function disableStaff(staffId: string, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const staff = await holdStaff(trx, staffId, act)
    if (staff.disabledAt) throw wrongState('They are disabled already.', 'disabled')
    await assertAnotherAdmin(trx, staff)
    await trx
      .from('staff')
      .where('id', staff.id)
      .update({ disabled_at: trx.raw('now()') })
    await endSessionsOfStaff(trx, staff.id, 'disabled')
    await dropInvitations(trx, staff.id)
    await recordAudit(trx, {
      ...act,
      action: 'staff.disabled',
      target: { type: 'staff', id: staff.id },
      before: { role: staff.role },
    })
  })
}
