import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { Problem } from '#exceptions/problem'
import { invalidCredentials, passwordFits } from '#identity/passwords'
import { hashToken } from '#identity/opaque_tokens'
import { networkOf } from '#identity/origin'
import type { SignInOrigin } from '#identity/sessions'
import { enqueue } from '#jobs/queue'
import mailStaffNotice from '#jobs/mail_staff_notice'
import Staff from '#models/staff'
import { countAttempt, forgetAttempts, reportFailure, takeBack } from '#staff/attempts'
import { staffHasSignedInFrom } from '#staff/known_network'
import { takeStaffFactor, wrongFactor, type StaffFactor } from '#staff/second_factor'
import { startStaffSession } from '#staff/start_session'

/** Minutes in which the second factor must follow the password. */
export const PENDING_MINUTES = 10

/** Somebody who has given the password, and nothing else yet. It is kept in their browser's session. */
export interface PendingSignIn {
  staffId: string
  /** Of the password that was given: another one set meanwhile ends this. */
  password: string
  /** Milliseconds since 1970. */
  until: number
}

/**
 * The first half of signing in. Nobody is signed in by it.
 *
 * @param email lower case, trimmed
 * @throws Problem 401 `invalid_credentials`, after the same time and in the same words for a wrong password, an
 *   address that nobody has, and somebody who is disabled or has not set a password; 429 `too_many_attempts`
 *   for any of them; 503 `busy`
 */
export async function giveStaffPassword(
  email: string,
  password: string,
  origin: SignInOrigin
): Promise<PendingSignIn> {
  const attempt = await countAttempt(email, origin)
  const staff = await Staff.query().where('email', email).whereNull('disabledAt').first()
  const fits = await passwordFits(staff?.password, password, networkOf(origin))
  if (!fits || !staff?.password) {
    await reportFailure(attempt, staff?.id ?? null)
    throw invalidCredentials()
  }
  await takeBack(attempt)
  return {
    staffId: staff.id,
    password: hashToken(staff.password),
    until: Date.now() + PENDING_MINUTES * 60_000,
  }
}

/**
 * Completes a sign-in by the second factor; there is none without.
 *
 * @returns the token of the new session, in clear, and the session
 * @throws Problem 401 `sign_in_again` when the password was given too long ago or is not theirs any more, 401
 *   `invalid_code`, 429 `too_many_attempts`
 */
export async function giveStaffFactor(
  pending: PendingSignIn | undefined,
  given: StaffFactor,
  origin: SignInOrigin
) {
  const candidate = await pendingStaff(pending)
  if (!candidate) throw signInAgain()
  const attempt = await countAttempt(candidate.email, origin)

  const begun = await inTransaction(async (trx) => {
    const staff = await Staff.query({ client: trx })
      .where('id', candidate.id)
      .forUpdate()
      .firstOrFail()
    if (!stillHolds(staff, pending!)) throw signInAgain()
    if (!(await takeStaffFactor(trx, staff.id, given))) return null
    if (
      staff.lastSignedInAt &&
      !(await staffHasSignedInFrom(trx, staff.email, networkOf(origin)))
    ) {
      await enqueue(trx, mailStaffNotice, { staffId: staff.id, notice: 'new_network' })
    }
    await trx
      .from('staff')
      .where('id', staff.id)
      .update({ last_signed_in_at: trx.raw('now()') })
    return startStaffSession(trx, staff, origin)
  })
  if (!begun) {
    await reportFailure(attempt, candidate.id)
    throw wrongFactor()
  }
  await forgetAttempts(db, attempt)
  return begun
}

/** Who is half signed in; null when it is too late, or not true any more. */
export async function pendingStaff(pending: PendingSignIn | undefined): Promise<Staff | null> {
  if (!pending || pending.until < Date.now()) return null
  const staff = await Staff.find(pending.staffId)
  return staff && stillHolds(staff, pending) ? staff : null
}

function stillHolds(staff: Staff, pending: PendingSignIn): boolean {
  return (
    !staff.disabledAt && staff.password !== null && hashToken(staff.password) === pending.password
  )
}

function signInAgain(): Problem {
  return new Problem('That took too long. Begin with your password again.', {
    code: 'sign_in_again',
    status: 401,
  })
}
