import encryption from '@adonisjs/core/services/encryption'
import { Secret, TOTP } from 'otpauth'
import { inTransaction } from '#database/transaction'
import { hashToken } from '#identity/opaque_tokens'
import Staff, { type StaffRole } from '#models/staff'
import { createStaff } from '#staff/create_staff'
import { disableStaff } from '#staff/disable_staff'
import { endSessionsOfStaff } from '#staff/end_sessions'
import { enrollStaff } from '#staff/enroll'
import { totpPurpose } from '#staff/second_factor'
import { DEMO_SECRET, DEMO_STAFF, DEMO_STAFF_PASSWORD } from './sign_in.js'

/** Who works here in the demo, each with the password and the app that `sign_in.ts` tells everybody. */
export async function hireStaff(): Promise<Record<StaffRole, Staff>> {
  const hired = {} as Record<StaffRole, Staff>
  // From the command line: whom an admin has just invited cannot be that admin's second person.
  for (const person of DEMO_STAFF) {
    const staff = await hire(person)
    hired[person.role] ??= staff
  }
  const left = { name: 'Max Formerly', email: 'max@safesend.example', role: 'support' } as const
  const { id } = await hire(left, hired.admin)
  const actor = { type: 'staff', id: hired.admin.id } as const
  await disableStaff(id, { actor, reason: 'Left at the end of the month.' })
  return hired
}

/** Invited by somebody, or from the command line, and enrolled by the link. */
async function hire(
  person: { name: string; email: string; role: StaffRole },
  by?: Staff
): Promise<Staff> {
  const { staff, link } = await createStaff(person, {
    actor: by ? { type: 'staff', id: by.id } : { type: 'operator', name: 'demo' },
    reason: 'Joins the team.',
  })
  const token = new URLSearchParams(new URL(link).hash.slice(1)).get('token')!
  const secret = Secret.fromBase32(DEMO_SECRET)
  await enrollStaff(
    hashToken(token),
    {
      password: DEMO_STAFF_PASSWORD,
      secret: encryption.encrypt(secret.base32, { purpose: totpPurpose(staff.id) }),
      // The one before: the one that is shown now is still to be used.
      code: new TOTP({ secret }).generate({ timestamp: Date.now() - 30_000 }),
    },
    { ip: '127.0.0.1', userAgent: 'The demo' }
  )
  await inTransaction((trx) => endSessionsOfStaff(trx, staff.id, 'signed_out'))
  return Staff.findOrFail(staff.id)
}
