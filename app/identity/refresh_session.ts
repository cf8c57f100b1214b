import { createHmac } from 'node:crypto'
import { inTransaction } from '#database/transaction'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { appKey } from '#config/app'
import { Problem } from '#exceptions/problem'
import User from '#models/user'
import { issueAccessToken } from '#identity/access_tokens'
import { hashToken } from '#identity/opaque_tokens'
import { LONGEST_SESSION, revokeSession, SESSION_LIFETIME } from '#identity/sessions'
import type { SignedIn } from '#identity/sign_in'

/** How long after its use a token still gets the same answer, for who lost the first one. */
const GRACE = '20 seconds'

/**
 * Trades a refresh token for an access token and the next refresh token.
 *
 *     token   used by   presented again
 *     -----   -------   ------------------------------------------------------------------
 *     new     now       its successor
 *     used              within 20 s, successor untouched: the same successor once more
 *     used              otherwise: two parties hold it, one is a thief; the session ends for both
 *
 * The grace hands out nothing new. A token has exactly one successor, computed from the token itself,
 * so however often and by however many it is presented meanwhile (two browser tabs, a retry after a
 * lost answer, a thief), the family stays a chain with one live end. A thief in the window gets the
 * token that the owner has, and whoever comes second with that one is found out.
 *
 * @throws Problem 401 `invalid_refresh_token` for unknown, expired, revoked and reused ones alike
 */
export async function refreshSession(token: string): Promise<SignedIn> {
  // The refusal is thrown out here and not inside: it must not roll back the revocation.
  const rotated = await inTransaction((trx) => rotate(trx, token))
  if (!rotated) {
    throw new Problem('This refresh token is not valid, or not any more. Sign in again.', {
      code: 'invalid_refresh_token',
      status: 401,
    })
  }
  const { user, sessionId, refreshToken } = rotated
  return { user, refreshToken, accessToken: await issueAccessToken({ userId: user.id, sessionId }) }
}

interface Rotated {
  user: User
  sessionId: string
  refreshToken: string
}

async function rotate(trx: TransactionClientContract, token: string): Promise<Rotated | null> {
  const tokenHash = hashToken(token)

  // One refresh per session at a time. The token is read after the lock is held: read in the same
  // statement, it would be as it was before the wait.
  const session = await trx
    .from('sessions')
    .where('id', trx.from('refresh_tokens').select('session_id').where('token_hash', tokenHash))
    .select('id', 'user_id', trx.raw('revoked_at IS NULL AND expires_at > now() AS alive'))
    .forUpdate()
    .first()
  if (!session?.alive) return null

  const presented = await trx
    .from('refresh_tokens AS token')
    .leftJoin('refresh_tokens AS successor', 'successor.predecessor_id', 'token.id')
    .where('token.token_hash', tokenHash)
    .select(
      'token.id',
      trx.raw('token.used_at IS NOT NULL AS used'),
      trx.raw('token.expires_at <= now() AS expired'),
      trx.raw(
        `token.used_at > now() - interval '${GRACE}' AND successor.used_at IS NULL AS in_grace`
      )
    )
    .firstOrFail()

  if (presented.used && !presented.in_grace) {
    await revokeSession(trx, session.id, 'reuse')
    return null
  }
  if (presented.expired) return null

  const refreshToken = successorOf(presented.id, token)
  if (!presented.used) await spend(trx, session.id, presented.id, refreshToken)
  const user = await User.findOrFail(session.user_id, { client: trx })
  return { user, sessionId: session.id, refreshToken }
}

async function spend(
  trx: TransactionClientContract,
  sessionId: string,
  tokenId: string,
  successor: string
): Promise<void> {
  const expiresAt = trx.raw(
    `least(now() + interval '${SESSION_LIFETIME}', (SELECT created_at FROM sessions WHERE id = ?) + interval '${LONGEST_SESSION}')`,
    [sessionId]
  )
  await trx
    .from('refresh_tokens')
    .where('id', tokenId)
    .update({ used_at: trx.raw('now()') })
  await trx.table('refresh_tokens').insert({
    session_id: sessionId,
    predecessor_id: tokenId,
    token_hash: hashToken(successor),
    expires_at: expiresAt,
  })
  await trx
    .from('sessions')
    .where('id', sessionId)
    .update({ last_used_at: trx.raw('now()'), expires_at: expiresAt })
}

/**
 * The next token of the chain: 256 bits that only the server can compute, and only from the token in
 * clear, which it does not store. Reading the database gives nobody a successor, nor does a stolen
 * old token without APP_KEY.
 */
function successorOf(tokenId: string, token: string): string {
  return createHmac('sha256', appKey.release())
    .update(`refresh-token-successor:${tokenId}:${token}`)
    .digest('base64url')
}
