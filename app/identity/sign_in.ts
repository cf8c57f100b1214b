import { inTransaction } from '#database/transaction'
import User from '#models/user'
import { invalidCredentials, passwordFits } from '#identity/passwords'
import { startSession, type SignInOrigin } from '#identity/sessions'
import { issueAccessToken } from '#identity/access_tokens'

/** What a client needs to go on: an access token for requests, a refresh token for the next one. */
export interface SignedIn {
  user: User
  accessToken: string
  refreshToken: string
}

/**
 * Signs in with e-mail and password and begins a session. The address need not be verified.
 *
 * @param email lower case, trimmed
 * @throws Problem 401 `invalid_credentials`, the same and after the same time whether or not the
 *   address exists; 503 `busy`
 */
export async function signIn(
  email: string,
  password: string,
  origin: SignInOrigin
): Promise<SignedIn> {
  const candidate = await User.findBy('email', email)
  if (!(await passwordFits(candidate?.password, password)) || !candidate) {
    throw invalidCredentials()
  }

  return inTransaction(async (trx) => {
    // A reset may have changed the password while it was being checked. Its session would survive the
    // reset, so the row is held and must still be the one that was checked.
    const user = await User.query({ client: trx })
      .where('id', candidate.id)
      .where('password', candidate.password)
      .forShare()
      .first()
    if (!user) throw invalidCredentials()
    const { session, refreshToken } = await startSession(trx, user, origin)
    const accessToken = await issueAccessToken({ userId: user.id, sessionId: session.id })
    return { user, accessToken, refreshToken }
  })
}
