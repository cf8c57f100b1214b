import { toDataURL } from 'qrcode'
import { inTransaction } from '#database/transaction'
import { unprocessable } from '#exceptions/problem'
import { recordAudit } from '#audit/record_audit'
import { newTotpSecret, readTotpSecret, stepOfCode } from '#identity/mfa/totp'
import { networkOf } from '#identity/origin'
import { assertNotGuessable } from '#identity/guessable'
import { hashPassword } from '#identity/passwords'
import type { SignInOrigin } from '#identity/sessions'
import type Staff from '#models/staff'
import { forgetAttempts } from '#staff/attempts'
import { dropCredentials, renewStaffRecoveryCodes } from '#staff/credentials'
import { endSessionsOfStaff } from '#staff/end_sessions'
import { dropInvitations, invitedStaff } from '#staff/invitations'
import { totpPurpose } from '#staff/second_factor'
import { startStaffSession } from '#staff/start_session'

const shown = (staff: Staff) => ({ issuer: 'SafeSend console', label: staff.email })

/** A secret for the app of somebody new, as the browser's session may keep it: encrypted. */
export function newStaffSecret(staff: Staff): string {
  return newTotpSecret(totpPurpose(staff.id), shown(staff)).stored
}

/** That secret in the ways that apps take it: to be typed, opened, or scanned (a `data:` URL). */
export async function describeStaffSecret(staff: Staff, stored: string) {
  const { secret, url } = readTotpSecret(stored, totpPurpose(staff.id), shown(staff))
  return { secret, url, qrCode: await toDataURL(url, { margin: 1 }) }
}

/**
 * Sets the password and the authenticator app of who was invited, and signs them in: they have given both just
 * now. Whatever they signed in with before is gone.
 *
 * @param tokenHash of the invitation
 * @param given.secret as `newStaffSecret` made it, and the app got it
 * @param given.code which shows that the app has it
 * @returns the token of their session, and the recovery codes, both in clear
 * @throws Problem 422 `invalid_invitation`, 422 for a wrong code or a password that is guessed easily, 503 `busy`
 */
export async function enrollStaff(
  tokenHash: string,
  given: { password: string; secret: string; code: string },
  origin: SignInOrigin
): Promise<{ staff: Staff; token: string; recoveryCodes: string[] }> {
  const invited = await invitedStaff(undefined, tokenHash)
  assertNotGuessable(given.password, invited.email)
  const step = stepOfCode(given.secret, totpPurpose(invited.id), given.code)
  if (step === null) throw wrongFirstCode()
  const password = await hashPassword(given.password, networkOf(origin))

  return inTransaction(async (trx) => {
    // The row first: of two who use the invitation at the same moment, the second finds it used.
    await trx.from('staff').where('id', invited.id).forUpdate().first()
    const staff = await invitedStaff(trx, tokenHash)
    await dropInvitations(trx, staff.id)
    await dropCredentials(trx, staff.id)
    await endSessionsOfStaff(trx, staff.id, 'credentials_changed')
    await trx
      .from('staff')
      .where('id', staff.id)
      .update({ password, last_signed_in_at: trx.raw('now()') })
    await trx.table('staff_authenticators').insert({
      staff_id: staff.id,
      secret: given.secret,
      last_step: step,
      confirmed_at: trx.raw('now()'),
    })
    const recoveryCodes = await renewStaffRecoveryCodes(trx, staff.id)
    await forgetAttempts(trx, { address: staff.email })
    await recordAudit(trx, {
      actor: { type: 'staff', id: staff.id },
      action: 'staff.enrolled',
      target: { type: 'staff', id: staff.id },
    })
    const { token } = await startStaffSession(trx, staff, origin)
    return { staff, token, recoveryCodes }
  })
}

export function wrongFirstCode() {
  return unprocessable(
    'code',
    'valid_code',
    'This is not the code that the app shows now. Check the clock of the device, then try the next one.'
  )
}
