import { inTransaction } from '#database/transaction'
import { revokeSession } from '#identity/sessions'

/** Ends the session at once: the guard refuses its access tokens from the commit on. */
export async function signOut(sessionId: string): Promise<void> {
  await inTransaction((trx) => revokeSession(trx, sessionId, 'logout'))
}
