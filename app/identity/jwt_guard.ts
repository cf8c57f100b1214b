import type { HttpContext } from '@adonisjs/core/http'
import { errors, symbols } from '@adonisjs/auth'
import type { AuthClientResponse, GuardContract } from '@adonisjs/auth/types'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import User from '#models/user'
import { issueAccessToken, readAccessToken, type AccessTokenClaims } from '#identity/access_tokens'
import { startSession } from '#identity/sessions'

/** Every request asks this, so the server keeps it prepared, by name. */
const USER_OF_SESSION = `
  SELECT u.* FROM sessions s JOIN users u ON u.id = s.user_id
   WHERE s.id = ? AND u.id = ? AND s.revoked_at IS NULL AND s.expires_at > now()`

async function userOfSession(claims: AccessTokenClaims): Promise<User | null> {
  const { rows } = await db
    .connection()
    .knexRawQuery(USER_OF_SESSION, [claims.sessionId, claims.userId])
    .options({ name: 'user_of_session' })
  return rows.length === 0 ? null : User.$createFromAdapterResult(rows[0])
}

/**
 * Signs a request in by its `Authorization: Bearer <access token>`. The signature alone is not
 * enough: the session must still be alive, so logout and revocation work at once and not 15 minutes
 * later. That costs one query by primary keys, which also brings the user as they are now.
 */
export class JwtGuard implements GuardContract<User> {
  declare [symbols.GUARD_KNOWN_EVENTS]: {}

  readonly driverName = 'jwt'
  authenticationAttempted = false
  isAuthenticated = false
  user?: User

  /** The sign-in that the request belongs to; set together with `user`. */
  sessionId?: string

  constructor(private ctx: HttpContext) {}

  async authenticate(): Promise<User> {
    if (this.authenticationAttempted) return this.getUserOrFail()
    this.authenticationAttempted = true

    const claims = await readAccessToken(this.#bearerToken())
    if (!claims) throw this.#unauthorized()

    const user = await userOfSession(claims)
    if (!user) throw this.#unauthorized()

    this.user = user
    this.sessionId = claims.sessionId
    this.isAuthenticated = true
    return user
  }

  async check(): Promise<boolean> {
    try {
      await this.authenticate()
      return true
    } catch (error) {
      if (error instanceof errors.E_UNAUTHORIZED_ACCESS) return false
      throw error
    }
  }

  getUserOrFail(): User {
    if (!this.user) throw this.#unauthorized()
    return this.user
  }

  /** For Japa's `loginAs`: a real session with a real token. */
  async authenticateAsClient(user: User): Promise<AuthClientResponse> {
    const sessionId = await inTransaction(async (trx) => {
      const { session } = await startSession(trx, user, {})
      return session.id
    })
    const token = await issueAccessToken({ userId: user.id, sessionId })
    return { headers: { authorization: `Bearer ${token}` } }
  }

  #bearerToken(): string {
    const match = /^Bearer +([\w.-]+)$/i.exec(this.ctx.request.header('authorization') ?? '')
    if (!match) throw this.#unauthorized()
    return match[1]
  }

  #unauthorized() {
    return new errors.E_UNAUTHORIZED_ACCESS('Unauthorized access', {
      guardDriverName: this.driverName,
    })
  }
}
