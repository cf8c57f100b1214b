import { validate as isUuid } from 'uuid'
import { inTransaction } from '#database/transaction'
import { notFound } from '#exceptions/problem'
import { revokeSession, revokeSessionsOf } from '#identity/sessions'

/**
 * Signs one device of a user out; the one that asks, too, if it is meant.
 *
 * @throws Problem 404 for a session that is over, or somebody else's
 */
export async function endSession(userId: string, sessionId: string): Promise<void> {
  if (!isUuid(sessionId)) throw notFound('session')
  await inTransaction(async (trx) => {
    const own = await trx.from('sessions').where({ id: sessionId, user_id: userId }).first()
    if (!own || !(await revokeSession(trx, sessionId, 'revoked'))) throw notFound('session')
  })
}

/** Signs a user out everywhere but here: the session that asks goes on. */
export async function endOtherSessions(userId: string, currentId: string): Promise<void> {
  await inTransaction((trx) => revokeSessionsOf(trx, userId, 'revoked', { except: currentId }))
}
