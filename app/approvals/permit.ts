import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { forbidden } from '#exceptions/problem'
import Staff from '#models/staff'
import { ACTIONS, roleMay, type StaffAction } from '#staff/roles'

/**
 * Holds the row of somebody who is about to propose or decide something, so that their role and access
 * cannot be taken away meanwhile.
 *
 * @throws Problem 403 if they do not work here any more, or their role may not do it
 */
export async function permit(
  trx: TransactionClientContract,
  staffId: string,
  action: StaffAction
): Promise<Staff> {
  const staff = await Staff.query({ client: trx }).where('id', staffId).forShare().first()
  if (!staff || staff.disabledAt) throw forbidden('Who does this must work here.')
  if (!roleMay(staff.role, action)) {
    throw forbidden(
      `The role ${staff.role} may not ${ACTIONS[action].about}. Ask ${ACTIONS[action].roles.join(' or ')}.`
    )
  }
  return staff
}
