import { isIP } from 'node:net'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import Session from '#models/session'
import type User from '#models/user'
import { hashToken, newToken } from '#identity/opaque_tokens'

/** How long an unused session stays alive; each refresh starts the time anew. */
export const SESSION_LIFETIME = '30 days'

/** However often it is refreshed, a session ends so long after its sign-in. */
export const LONGEST_SESSION = '90 days'

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

export type RevocationReason =
  | 'logout'
  | 'reuse'
  | 'revoked'
  | 'password_reset'
  | 'password_changed'
  | 'email_changed'
  | 'mfa_enabled'
  | 'mfa_reset'
  | 'account_closed'
  | 'suspended'

/**
 * Ends one session. Its access tokens stop working with the commit, its refresh tokens too.
 *
 * @returns whether it was alive
 */
export async function revokeSession(
  trx: TransactionClientContract,
  sessionId: string,
  reason: RevocationReason
): Promise<boolean> {
  return (await revoke(trx, { id: sessionId }, reason)) > 0
}

/**
 * Ends every session of a user, on all devices, or all but one.
 *
 * @returns how many
 */
export async function revokeSessionsOf(
  trx: TransactionClientContract,
  userId: string,
  reason: RevocationReason,
  { except }: { except?: string | null } = {}
): Promise<number> {
  return revoke(trx, { user_id: userId }, reason, except)
}

/**
 * The one place where a session ends, for whatever reason. What is open in its name elsewhere, such as a
 * stream of notifications, finds `revoked_at` set when it looks (`isSessionAlive`).
 *
 * @returns how many ended
 */
async function revoke(
  trx: TransactionClientContract,
  which: { id: string } | { user_id: string },
  reason: RevocationReason,
  except?: string | null
): Promise<number> {
  const sessions = trx.from('sessions').where(which).whereNull('revoked_at')
  if (except) sessions.whereNot('id', except)
  const ended = await sessions
    .returning('id')
    .update({ revoked_at: trx.raw('now()'), revoked_reason: reason })
  return ended.length
}

/** Whether requests in the name of this session are still let through. */
export async function isSessionAlive(
  client: Pick<QueryClientContract, 'from'>,
  sessionId: string
): Promise<boolean> {
  const alive = await client
    .from('sessions')
    .where('id', sessionId)
    .whereNull('revoked_at')
    .whereRaw('expires_at > now()')
    .select('id')
    .first()
  return alive !== null
}
