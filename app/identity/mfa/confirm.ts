import { inTransaction } from '#database/transaction'
import { unprocessable, wrongState } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import mailSecurityNotice from '#jobs/mail_security_notice'
import User from '#models/user'
import { takeCode } from '#identity/mfa/authenticators'
import { alreadyEnabled } from '#identity/mfa/enroll'
import { renewRecoveryCodes } from '#identity/mfa/recovery_codes'
import { revokeSessionsOf } from '#identity/sessions'

/**
 * Puts an authenticator app in force by its first code. All other sessions end: they were begun without
 * it, and somebody who had got in before would stay in.
 *
 * @param sessionId the session that asks
 * @returns the recovery codes in clear: this is the only time that they are to be seen
 * @throws Problem 409 `mfa_not_enrolled`, `mfa_enabled`; 422 for a wrong code
 */
export async function confirmMfa(user: User, sessionId: string, code: string): Promise<string[]> {
  return inTransaction(async (trx) => {
    await User.query({ client: trx }).where('id', user.id).forUpdate().firstOrFail()
    const authenticator = trx.from('mfa_authenticators').where('user_id', user.id)
    const enrolled = await authenticator.clone().first()
    if (!enrolled) {
      throw wrongState('Begin with an authenticator app first: POST /api/auth/mfa/enroll.', 'off', {
        code: 'mfa_not_enrolled',
      })
    }
    if (enrolled.confirmed_at !== null) throw alreadyEnabled()
    if (!(await takeCode(trx, user.id, code))) {
      throw unprocessable(
        'code',
        'valid_code',
        'This is not the code that the app shows now. Check the clock of the device, then try the next one.'
      )
    }
    await authenticator.update({ confirmed_at: trx.raw('now()') })
    await revokeSessionsOf(trx, user.id, 'mfa_enabled', { except: sessionId })
    await enqueue(trx, mailSecurityNotice, { userId: user.id, notice: 'mfa_enabled' })
    return renewRecoveryCodes(trx, user.id)
  })
}
