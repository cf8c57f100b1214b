import { toDataURL } from 'qrcode'
import { inTransaction } from '#database/transaction'
import { wrongState, type Problem } from '#exceptions/problem'
import User from '#models/user'
import { confirmOwner } from '#identity/confirm_password'
import { hasMfa, newAuthenticator } from '#identity/mfa/authenticators'
import { assertVerified } from '#identity/verified'

/** What an authenticator app needs, in the three ways that apps take it. */
export interface MfaEnrollment {
  /** To be typed: base32 (RFC 4648). */
  secret: string
  /** To be opened on the device that has the app. */
  url: string
  /** To be scanned: the same address as a picture, as a `data:` URL. */
  qrCode: string
}

/**
 * Begins with an authenticator app. Nothing changes for signing in before the first code of it was given
 * (`confirmMfa`); asking again makes another secret.
 *
 * Takes the password, or a sign-in of just now: otherwise a device that was left open would be enough to
 * lock its owner out. And a verified address: otherwise somebody could register the address of another and keep them out of it, even
 * after a reset of the password.
 *
 * @param sessionId the session that asks
 * @throws Problem 403 `email_not_verified`, `sign_in_again`, 409 `mfa_enabled`, 422 for a wrong password, 503 `busy`
 */
export async function enrollMfa(
  user: User,
  sessionId: string,
  password: string | undefined
): Promise<MfaEnrollment> {
  assertVerified(user)
  await confirmOwner(user, sessionId, password)
  const { stored, secret, url } = newAuthenticator(user)
  await inTransaction(async (trx) => {
    await User.query({ client: trx }).where('id', user.id).forUpdate().firstOrFail()
    if (await hasMfa(trx, user.id)) throw alreadyEnabled()
    await trx.from('mfa_authenticators').where('user_id', user.id).delete()
    await trx.table('mfa_authenticators').insert({ user_id: user.id, secret: stored })
  })
  return { secret, url, qrCode: await toDataURL(url) }
}

/** 409: to change the app, the present one is given up first. */
export function alreadyEnabled(): Problem {
  return wrongState(
    'Codes from an authenticator app are asked for already. To use another app, disable this one first.',
    'enabled',
    { code: 'mfa_enabled' }
  )
}
