import type { RegistrationResponseJSON } from '@simplewebauthn/server'
import { validate as isUuid } from 'uuid'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { notFound } from '#exceptions/problem'
import { recordAudit } from '#audit/record_audit'
import { stepOfCode } from '#identity/mfa/totp'
import { enqueue } from '#jobs/queue'
import mailStaffNotice from '#jobs/mail_staff_notice'
import { renewStaffRecoveryCodes } from '#staff/credentials'
import { endSessionsOfStaff } from '#staff/end_sessions'
import { wrongFirstCode } from '#staff/enroll'
import { keepPasskey } from '#staff/passkeys'
import { totpPurpose } from '#staff/second_factor'

/** Who changes what they sign in with, in which session. */
export interface Own {
  staffId: string
  sessionId: string
}

/** Keeps a passkey beside what somebody has. @returns its id @throws Problem 422 */
export async function addPasskey(
  own: Own,
  made: { response: RegistrationResponseJSON; challenge: string; name: string }
): Promise<string> {
  return changeFactors(own, 'staff.passkey_added', (trx) => keepPasskey(trx, own.staffId, made))
}

/** Takes a passkey away that somebody has lost. @throws Problem 404 */
export async function removePasskey(own: Own, passkeyId: string): Promise<void> {
  if (!isUuid(passkeyId)) throw notFound('passkey')
  await changeFactors(own, 'staff.passkey_removed', async (trx) => {
    const [gone] = await trx
      .from('staff_passkeys')
      .where({ id: passkeyId, staff_id: own.staffId })
      .returning('id')
      .delete()
    if (!gone) throw notFound('passkey')
  })
}

/** @returns new recovery codes in clear, to be seen this once; the old ones work no more */
export async function replaceStaffRecoveryCodes(own: Own): Promise<string[]> {
  return changeFactors(own, 'staff.recovery_codes_renewed', (trx) =>
    renewStaffRecoveryCodes(trx, own.staffId)
  )
}

/**
 * Puts another authenticator app in the place of the one that somebody has, once they have shown that it has
 * the secret. The old one is taken until then, and no longer.
 *
 * @param given.secret as `newStaffSecret` made it
 * @param given.code that the new app shows
 * @throws Problem 422 for a wrong code
 */
export async function replaceAuthenticator(
  own: Own,
  { secret, code }: { secret: string; code: string }
): Promise<void> {
  const step = stepOfCode(secret, totpPurpose(own.staffId), code)
  if (step === null) throw wrongFirstCode()
  await changeFactors(own, 'staff.authenticator_replaced', async (trx) => {
    await trx.from('staff_authenticators').where('staff_id', own.staffId).delete()
    await trx.table('staff_authenticators').insert({
      staff_id: own.staffId,
      secret,
      last_step: step,
      confirmed_at: trx.raw('now()'),
    })
  })
}

/** All other sessions end: who might have got in with what is changed is out. */
async function changeFactors<T>(
  { staffId, sessionId }: Own,
  action: string,
  change: (trx: TransactionClientContract) => Promise<T>
): Promise<T> {
  return inTransaction(async (trx) => {
    await trx.from('staff').where('id', staffId).forUpdate().first()
    const result = await change(trx)
    await endSessionsOfStaff(trx, staffId, 'credentials_changed', { except: sessionId })
    await recordAudit(trx, {
      actor: { type: 'staff', id: staffId },
      action,
      target: { type: 'staff', id: staffId },
    })
    await enqueue(trx, mailStaffNotice, { staffId, notice: 'credentials_changed' })
    return result
  })
}
