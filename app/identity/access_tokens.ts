import { randomUUID } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { appUrl } from '#config/app'
import { signingKey } from '#identity/signing_key'

/** Seconds. Short, because only the session behind a token can be revoked, not the token itself. */
export const ACCESS_TOKEN_LIFETIME = 15 * 60

/** Who the tokens are for; a token that this deployment made for somebody else is refused. */
export const AUDIENCE = 'safesend-api'

/** RFC 9068: says what the token is, so that no other JWT of ours passes for one. */
const TYPE = 'at+jwt'
const ALGORITHM = 'EdDSA'

/** Seconds by which the clocks of two servers may differ. */
const CLOCK_TOLERANCE = 5

export interface AccessTokenClaims {
  userId: string
  sessionId: string
}

/** Signs an access token for a session, good for 15 minutes or until the session ends. */
export async function issueAccessToken(claims: AccessTokenClaims): Promise<string> {
  const { privateKey } = await signingKey()
  return new SignJWT({ sid: claims.sessionId })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
    .setIssuer(appUrl)
    .setAudience(AUDIENCE)
    .setSubject(claims.userId)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${ACCESS_TOKEN_LIFETIME}s`)
    .sign(privateKey)
}

/**
 * What a token says, if we signed it, for this API, and it has not expired. The algorithm is ours to
 * fix and never read from the token (RFC 8725, section 3.1): `none` and HS256 with our public key as
 * its secret are refused.
 *
 * Says nothing about whether the session is still alive.
 */
export async function readAccessToken(token: string): Promise<AccessTokenClaims | null> {
  const known = verified.get(token)
  if (known) return known.expiresAt > Date.now() ? known.claims : null
  const read = await verify(token)
  if (!read) return null
  if (verified.size >= MOST_VERIFIED) verified.delete(verified.keys().next().value!)
  verified.set(token, read)
  return read.claims
}

interface Verified {
  claims: AccessTokenClaims
  /** Milliseconds since the epoch, tolerance included. */
  expiresAt: number
}

/**
 * Tokens whose signature was good: a signed text stays what it is, and a client sends the same one
 * for a quarter of an hour. Only good ones are kept, so nobody can fill this with rubbish; the oldest
 * makes room.
 */
const verified = new Map<string, Verified>()
const MOST_VERIFIED = 10_000

async function verify(token: string): Promise<Verified | null> {
  const { publicKey } = await signingKey()
  try {
    const { payload } = await jwtVerify(token, publicKey, {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer: appUrl,
      audience: AUDIENCE,
      clockTolerance: CLOCK_TOLERANCE,
      requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp'],
    })
    const { sub, sid, exp } = payload
    if (typeof sub !== 'string' || typeof sid !== 'string') return null
    return {
      claims: { userId: sub, sessionId: sid },
      expiresAt: (exp! + CLOCK_TOLERANCE) * 1000,
    }
  } catch (error) {
    if (error instanceof errors.JOSEError) return null
    throw error
  }
}
