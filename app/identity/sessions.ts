import { isIP } from 'node:net'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import Session from '#models/session'
import type User from '#models/user'
import { hashToken, newToken } from '#identity/opaque_tokens'

/** How long an unused session stays alive; each refresh starts the time anew. */
export const SESSION_LIFETIME = '30 days'

/** Where a sign-in came from, as far as the request tells. */
export interface SignInOrigin {
  ip?: string
  userAgent?: string
}

/**
 * Begins a session with the first refresh token of its family.
 *
 * @returns the session, and the refresh token in clear, which is stored nowhere
 */
export async function startSession(
  trx: TransactionClientContract,
  user: User,
  origin: SignInOrigin
): Promise<{ session: Session; refreshToken: string }> {
  const refreshToken = newToken()
  const [row] = await trx
    .insertQuery()
    .table('sessions')
    .insert({
      user_id: user.id,
      user_agent: origin.userAgent?.slice(0, 255),
      // Behind a proxy the address is whatever a header claims, and the column takes addresses only.
      ip: origin.ip && isIP(origin.ip) ? origin.ip : null,
      expires_at: trx.raw(`now() + interval '${SESSION_LIFETIME}'`),
    })
    .returning('id')
  await trx.table('refresh_tokens').insert({
    session_id: row.id,
    token_hash: hashToken(refreshToken),
    expires_at: trx.raw(`now() + interval '${SESSION_LIFETIME}'`),
  })
  const session = await Session.findOrFail(row.id, { client: trx })
  return { session, refreshToken }
}

export type RevocationReason = 'logout' | 'reuse' | 'password_reset'

/** Ends one session. Its access tokens stop working with the commit, its refresh tokens too. */
export async function revokeSession(
  trx: TransactionClientContract,
  sessionId: string,
  reason: RevocationReason
): Promise<void> {
  await revoke(trx, 'id', sessionId, reason)
}

/** Ends every session of a user, on all devices. */
export async function revokeSessionsOf(
  trx: TransactionClientContract,
  userId: string,
  reason: RevocationReason
): Promise<void> {
  await revoke(trx, 'user_id', userId, reason)
}

async function revoke(
  trx: TransactionClientContract,
  column: 'id' | 'user_id',
  value: string,
  reason: RevocationReason
): Promise<void> {
  await trx
    .from('sessions')
    .where(column, value)
    .whereNull('revoked_at')
    .update({ revoked_at: trx.raw('now()'), revoked_reason: reason })
}
