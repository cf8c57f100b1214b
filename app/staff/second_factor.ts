import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { Problem } from '#exceptions/problem'
import { hashRecoveryCode } from '#identity/mfa/recovery_code'
import { stepOfCode } from '#identity/mfa/totp'
import { enqueue } from '#jobs/queue'
import mailStaffNotice from '#jobs/mail_staff_notice'
import { takePasskey } from '#staff/passkeys'

/** One of three: a code of the authenticator app, what a passkey answered to a challenge, a recovery code. */
export type StaffFactor =
  | { code: string }
  | { recoveryCode: string }
  | { passkey: AuthenticationResponseJSON; challenge: string }

/**
 * Takes a second factor, once.
 *
 * @param staffId whose row the transaction holds, so that one is checked after the other
 * @returns whether it was good, and had not been used
 * @throws Problem 503 `mfa_unavailable` when our key for the app's secret is gone
 */
export async function takeStaffFactor(
  trx: TransactionClientContract,
  staffId: string,
  given: StaffFactor
): Promise<boolean> {
  if ('passkey' in given) return takePasskey(trx, staffId, given.passkey, given.challenge)
  if ('recoveryCode' in given) return takeRecoveryCode(trx, staffId, given.recoveryCode)
  return takeCode(trx, staffId, given.code)
}

async function takeCode(
  trx: TransactionClientContract,
  staffId: string,
  code: string
): Promise<boolean> {
  const own = trx
    .from('staff_authenticators')
    .where('staff_id', staffId)
    .whereNotNull('confirmed_at')
  const app = await own.clone().first()
  if (!app) return false
  const step = stepOfCode(app.secret, totpPurpose(staffId), code)
  if (step === null) return false
  const taken = await own.where('last_step', '<', step).returning('staff_id').update({
    last_step: step,
  })
  return taken.length > 0
}

async function takeRecoveryCode(
  trx: TransactionClientContract,
  staffId: string,
  code: string
): Promise<boolean> {
  const taken = await trx
    .from('staff_recovery_codes')
    .where({ staff_id: staffId, code_hash: hashRecoveryCode(code) })
    .whereNull('used_at')
    .returning('id')
    .update({ used_at: trx.raw('now()') })
  if (taken.length === 0) return false
  await enqueue(trx, mailStaffNotice, { staffId, notice: 'recovery_code_used' })
  return true
}

/** Of the encryption of an app's secret. */
export function totpPurpose(staffId: string): string {
  return `staff-mfa:${staffId}`
}

export function wrongFactor(): Problem {
  return new Problem(
    'This was wrong, too late, or used already. Wait for the next code of your app, or use another way.',
    { code: 'invalid_code', status: 401 }
  )
}
