import { validate as isUuid } from 'uuid'
import { notFound } from '#exceptions/problem'
import Staff from '#models/staff'

/** Somebody on the staff by address or id, as an operator names them. @throws Problem 404 */
export async function findStaff(emailOrId: string): Promise<Staff> {
  const given = emailOrId.trim().toLowerCase()
  const staff = await Staff.findBy(isUuid(given) ? 'id' : 'email', given)
  if (!staff) throw notFound('member of staff')
  return staff
}
