import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { forbidden, notFound, wrongState } from '#exceptions/problem'
import type { Act } from '#audit/record_audit'
import Staff from '#models/staff'

/**
 * Holds the row of somebody whose role or access is about to change, and those of all admins, so that of
 * two admins who remove each other at the same moment one is left.
 *
 * @throws Problem 404; 403 `not_yourself` for who acts on themselves, and `forbidden` for who is no admin any
 *   more
 */
export async function holdStaff(
  trx: TransactionClientContract,
  staffId: string,
  { actor }: Act
): Promise<Staff> {
  const held = await Staff.query({ client: trx })
    .where((either) => either.where('id', staffId).orWhere('role', 'admin'))
    .orderBy('id')
    .forUpdate()
  const staff = held.find((each) => each.id === staffId)
  if (!staff) throw notFound('member of staff')
  if (actor.type !== 'staff') return staff
  if (actor.id === staffId) {
    throw forbidden('Nobody does this to themselves. Ask another admin.', 'not_yourself')
  }
  const isAdmin = held.some(({ id, role, disabledAt }) => {
    return id === actor.id && role === 'admin' && !disabledAt
  })
  if (!isAdmin) throw forbidden('You are no admin any more.')
  return staff
}

/**
 * Refuses to take away the last admin who can sign in: nobody would be left to let anybody in.
 *
 * @param staff held by `holdStaff`
 * @throws Problem 409 `last_admin`
 */
export async function assertAnotherAdmin(
  trx: TransactionClientContract,
  staff: Staff
): Promise<void> {
  if (staff.role !== 'admin' || staff.disabledAt) return
  const another = await trx
    .from('staff')
    .where('role', 'admin')
    .whereNot('id', staff.id)
    .whereNull('disabled_at')
    .whereNotNull('password')
    .first()
  if (!another) {
    throw wrongState('This is the last admin. Make somebody else an admin first.', 'admin', {
      code: 'last_admin',
    })
  }
}
