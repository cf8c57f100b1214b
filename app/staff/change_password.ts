import { inTransaction } from '#database/transaction'
import { unprocessable } from '#exceptions/problem'
import { recordAudit } from '#audit/record_audit'
import { assertNotGuessable } from '#identity/guessable'
import { hashPassword, passwordFits } from '#identity/passwords'
import type { SignInOrigin } from '#identity/sessions'
import { enqueue } from '#jobs/queue'
import mailStaffNotice from '#jobs/mail_staff_notice'
import Staff from '#models/staff'
import { countAttempt, reportFailure, takeBack } from '#staff/attempts'
import { endSessionsOfStaff } from '#staff/end_sessions'

/**
 * Sets another password for who knows the present one. The session that asks goes on, all others end.
 *
 * @param sessionId the session that asks
 * @throws Problem 422 for a wrong present password and for a new one that is the address or the present
 *   one, 429 `too_many_attempts`, 503 `busy`
 */
export async function changeStaffPassword(
  staff: Staff,
  sessionId: string,
  { current, password }: { current: string; password: string },
  origin: SignInOrigin
): Promise<void> {
  assertNotGuessable(password, staff.email)
  if (password === current) {
    throw unprocessable('password', 'another', 'This is your present password. Choose another one.')
  }
  const attempt = await countAttempt(staff.email, origin)
  if (!(await passwordFits(staff.password, current, staff.id))) {
    await reportFailure(attempt, staff.id)
    throw wrongPassword()
  }
  await takeBack(attempt)
  const hashed = await hashPassword(password, staff.id)
  await inTransaction(async (trx) => {
    const held = await Staff.query({ client: trx }).where('id', staff.id).forUpdate().firstOrFail()
    if (held.password !== staff.password) throw wrongPassword()
    await trx.from('staff').where('id', staff.id).update({ password: hashed })
    await endSessionsOfStaff(trx, staff.id, 'credentials_changed', { except: sessionId })
    await recordAudit(trx, {
      actor: { type: 'staff', id: staff.id },
      action: 'staff.password_changed',
      target: { type: 'staff', id: staff.id },
    })
    await enqueue(trx, mailStaffNotice, { staffId: staff.id, notice: 'credentials_changed' })
  })
}

function wrongPassword() {
  return unprocessable('current_password', 'wrong_password', 'This is not your present password.')
}
