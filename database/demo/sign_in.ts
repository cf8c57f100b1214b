import { Secret, TOTP } from 'otpauth'
import type { StaffRole } from '#models/staff'

/**
 * How to sign in to the console of a demo. Nothing of this is a secret: no such member of staff exists
 * where `NODE_ENV` is production, because the demo is not filled there.
 */
export const DEMO_STAFF: { name: string; email: string; role: StaffRole }[] = [
  { name: 'Ada Admin', email: 'ada@safesend.example', role: 'admin' },
  { name: 'Finn Finance', email: 'finn@safesend.example', role: 'finance' },
  { name: 'Fay Finance', email: 'fay@safesend.example', role: 'finance' },
  { name: 'Sam Support', email: 'sam@safesend.example', role: 'support' },
  { name: 'Sue Support', email: 'sue@safesend.example', role: 'support' },
]

export const DEMO_STAFF_PASSWORD = 'safesend-demo-console'

/** Of everybody's authenticator app. */
export const DEMO_SECRET = 'SAFESENDDEMOCONSOLESECRETAAAAAAA'

/** What the app shows now. A code works once; the next one comes within half a minute. */
export function demoCode(): string {
  return new TOTP({ secret: Secret.fromBase32(DEMO_SECRET) }).generate()
}
