import { recordAudit, type Act } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { hasMfa } from '#identity/mfa/authenticators'
import { dropAuthenticator } from '#identity/mfa/change'
import { lockPerson } from '#identity/lock_person'
import { revokeSessionsOf } from '#identity/sessions'

/**
 * Takes the authenticator app of somebody away who has lost it and their recovery codes, by somebody who
 * has made sure who they are. All their sessions end; the owner is told; who did it and why is in the audit log.
 *
 * @throws Problem 404, 409 `mfa_not_enabled`
 */
export async function resetMfa(userId: string, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const user = await lockPerson(trx, userId)
    if (!(await hasMfa(trx, user.id))) {
      throw wrongState('No codes from an authenticator app are asked for.', 'off', {
        code: 'mfa_not_enabled',
      })
    }
    await dropAuthenticator(trx, user.id)
    await revokeSessionsOf(trx, user.id, 'mfa_reset')
    await recordAudit(trx, {
      ...act,
      action: 'user.second_factor_reset',
      target: { type: 'user', id: user.id },
      before: { second_factor: true },
      after: { second_factor: false },
    })
  })
}
