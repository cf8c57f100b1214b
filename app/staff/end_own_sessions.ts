import { validate as isUuid } from 'uuid'
import { inTransaction } from '#database/transaction'
import { notFound } from '#exceptions/problem'
import type { Own } from '#staff/change_factors'
import { endSessionsOfStaff, endStaffSession } from '#staff/end_sessions'

/** Signs somebody out in one of their browsers. @throws Problem 404 for a session that is over, or another's */
export async function endOwnSession({ staffId }: Own, sessionId: string): Promise<void> {
  if (!isUuid(sessionId)) throw notFound('session')
  await inTransaction(async (trx) => {
    const own = await trx.from('staff_sessions').where({ id: sessionId, staff_id: staffId }).first()
    if (!own || !(await endStaffSession(trx, sessionId, 'revoked'))) throw notFound('session')
  })
}

/** Signs somebody out everywhere but in the session that asks. */
export async function endOwnOtherSessions({ staffId, sessionId }: Own): Promise<void> {
  await inTransaction((trx) => endSessionsOfStaff(trx, staffId, 'revoked', { except: sessionId }))
}
