import { inTransaction } from '#database/transaction'
import { notFound, wrongState } from '#exceptions/problem'
import User from '#models/user'
import { hasMfa } from '#identity/mfa/authenticators'
import { dropAuthenticator } from '#identity/mfa/change'
import { revokeSessionsOf } from '#identity/sessions'

/**
 * Takes the authenticator app of somebody away who has lost it and their recovery codes, by an operator who
 * has made sure who they are. All their sessions end; the owner is told; who did it and why is kept.
 *
 * @throws Problem 404, 409 `mfa_not_enabled`
 */
export async function resetMfa(
  userId: string,
  { operator, reason }: { operator: string; reason: string }
): Promise<void> {
  await inTransaction(async (trx) => {
    const user = await User.query({ client: trx }).where('id', userId).forUpdate().first()
    if (!user) throw notFound('user')
    if (!(await hasMfa(trx, user.id))) {
      throw wrongState('No codes from an authenticator app are asked for.', 'off', {
        code: 'mfa_not_enabled',
      })
    }
    await dropAuthenticator(trx, user.id)
    await revokeSessionsOf(trx, user.id, 'mfa_reset')
    await trx.table('mfa_resets').insert({ user_id: user.id, operator, reason })
  })
}
