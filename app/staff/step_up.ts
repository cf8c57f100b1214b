import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import type { SignInOrigin } from '#identity/sessions'
import Staff from '#models/staff'
import { countAttempt, forgetAttempts, reportFailure } from '#staff/attempts'
import { takeStaffFactor, wrongFactor, type StaffFactor } from '#staff/second_factor'

/**
 * Takes the second factor anew from who is signed in, so that for the next minutes they may do what moves money
 * or trust.
 *
 * @param sessionId the session that asks
 * @throws Problem 401 `invalid_code`, 429 `too_many_attempts`, 503 `mfa_unavailable`
 */
export async function stepUp(
  staff: Staff,
  sessionId: string,
  given: StaffFactor,
  origin: SignInOrigin
): Promise<void> {
  const attempt = await countAttempt(staff.email, origin)
  const isGood = await inTransaction(async (trx) => {
    await Staff.query({ client: trx }).where('id', staff.id).forUpdate().firstOrFail()
    if (!(await takeStaffFactor(trx, staff.id, given))) return false
    await trx
      .from('staff_sessions')
      .where('id', sessionId)
      .update({ stepped_up_at: trx.raw('now()') })
    return true
  })
  if (!isGood) {
    await reportFailure(attempt, staff.id)
    throw wrongFactor()
  }
  await forgetAttempts(db, attempt)
}
