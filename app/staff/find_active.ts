import { unprocessable } from '#exceptions/problem'
import Staff from '#models/staff'

/**
 * The member of the staff in whose name somebody acts at the command line.
 *
 * @throws Problem 422 if nobody who works here has that address
 */
export async function activeStaff(email: string): Promise<Staff> {
  const staff = await Staff.query()
    .where('email', email.trim().toLowerCase())
    .whereNull('disabled_at')
    .first()
  if (!staff) {
    throw unprocessable('by', 'staff', `Nobody who works here has the e-mail address "${email}".`)
  }
  return staff
}
