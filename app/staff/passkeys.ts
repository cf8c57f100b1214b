import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server'
import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import env from '#start/env'
import { unprocessable } from '#exceptions/problem'
import type Staff from '#models/staff'

/** The site that a passkey belongs to: where the console is reached. */
const site = () => {
  const { origin, hostname } = new URL(env.get('APP_URL'))
  return { origin, id: hostname }
}

/** EdDSA, ES256 and RS256, of RFC 9053: what authenticators have. */
const ALGORITHMS = [-8, -7, -257]

/** What a browser needs to make a passkey. Its challenge is kept in the browser's session, and used once. */
export async function passkeyToMake(staff: Staff) {
  return generateRegistrationOptions({
    rpName: 'SafeSend console',
    rpID: site().id,
    userName: staff.email,
    userDisplayName: staff.name,
    userID: new TextEncoder().encode(staff.id),
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: await credentialsOf(staff.id),
    // It comes after the password, so it need not say by itself who somebody is.
    authenticatorSelection: { residentKey: 'discouraged', userVerification: 'preferred' },
  })
}

/** What a browser needs to use one of somebody's passkeys. */
export async function passkeyToUse(staffId: string) {
  return generateAuthenticationOptions({
    rpID: site().id,
    allowCredentials: await credentialsOf(staffId),
    userVerification: 'preferred',
  })
}

async function credentialsOf(staffId: string) {
  const rows = await db.from('staff_passkeys').where('staff_id', staffId).orderBy('id')
  return rows.map((row) => ({ id: row.credential_id, transports: row.transports as string[] }))
}

/**
 * Keeps a passkey that a browser has just made.
 *
 * @param name what its owner calls it
 * @throws Problem 422 for an answer to another challenge, from another site, or that is no passkey
 */
export async function keepPasskey(
  trx: TransactionClientContract,
  staffId: string,
  made: { response: RegistrationResponseJSON; challenge: string; name: string }
): Promise<string> {
  const { registrationInfo } = await verifyRegistrationResponse({
    response: made.response,
    expectedChallenge: made.challenge,
    expectedOrigin: site().origin,
    expectedRPID: site().id,
    requireUserVerification: false,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch((error) => {
    logger.warn({ err: error, staff: staffId }, 'a passkey was not taken')
    return { registrationInfo: undefined }
  })
  if (!registrationInfo) {
    throw unprocessable('passkey', 'valid_passkey', 'This passkey could not be read. Try again.')
  }
  const { id, publicKey, counter, transports = [] } = registrationInfo.credential
  const [row] = await trx
    .insertQuery()
    .table('staff_passkeys')
    .insert({
      staff_id: staffId,
      credential_id: id,
      public_key: Buffer.from(publicKey),
      sign_count: counter,
      transports: JSON.stringify(transports),
      name: made.name,
    })
    .returning('id')
  return row.id
}

/** @returns whether one of somebody's passkeys has answered the challenge, here, and is no copy */
export async function takePasskey(
  trx: TransactionClientContract,
  staffId: string,
  response: AuthenticationResponseJSON,
  challenge: string
): Promise<boolean> {
  const row = await trx
    .from('staff_passkeys')
    .where({ staff_id: staffId, credential_id: response.id })
    .forUpdate()
    .first()
  if (!row) return false
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: site().origin,
    expectedRPID: site().id,
    requireUserVerification: false,
    credential: {
      id: row.credential_id,
      publicKey: new Uint8Array(row.public_key),
      counter: Number(row.sign_count),
      transports: row.transports,
    },
  }).catch((error) => {
    // Among others, a count that has gone back: somebody may have copied the key.
    logger.warn({ err: error, staff: staffId, passkey: row.id }, 'a passkey was not taken')
    return { verified: false, authenticationInfo: undefined }
  })
  if (!verified || !authenticationInfo) return false
  await trx
    .from('staff_passkeys')
    .where('id', row.id)
    .update({ sign_count: authenticationInfo.newCounter, last_used_at: trx.raw('now()') })
  return true
}
