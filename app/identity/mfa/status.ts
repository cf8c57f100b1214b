import db from '@adonisjs/lucid/services/db'
import { DateTime } from 'luxon'
import { recoveryCodesLeft } from '#identity/mfa/recovery_codes'

/** Whether signing in takes a code, and how many recovery codes are left. */
export interface MfaStatus {
  enabledAt: DateTime | null
  recoveryCodesLeft: number
}

export async function mfaStatus(userId: string): Promise<MfaStatus> {
  const row = await db.from('mfa_authenticators').where('user_id', userId).first()
  if (!row?.confirmed_at) return { enabledAt: null, recoveryCodesLeft: 0 }
  return {
    enabledAt: DateTime.fromJSDate(row.confirmed_at),
    recoveryCodesLeft: await recoveryCodesLeft(db, userId),
  }
}
