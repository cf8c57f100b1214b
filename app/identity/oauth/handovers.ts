import { createHash } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { Problem } from '#exceptions/problem'
import { hashToken, newToken } from '#identity/opaque_tokens'
import type { Provider } from '#identity/oauth/providers'
import type { ProviderProfile } from '#identity/oauth/read_profile'

/**
 * How long a one-time code works: as long as somebody takes to choose what kind of account they want, or
 * to sign in to the one that they have.
 */
const LIFETIME = '10 minutes'

/** What is handed over to the frontend by a one-time code. */
export interface Handover extends ProviderProfile {
  id: string
  provider: Provider
}

/**
 * Keeps what a provider has said, for who has the code.
 *
 * @param challenge of the frontend (RFC 7636, S256), if it sent one
 * @returns the code in clear, which is stored nowhere
 */
export async function handOver(
  provider: Provider,
  profile: ProviderProfile,
  challenge?: string
): Promise<string> {
  const code = newToken()
  await db.table('oauth_handovers').insert({
    code_hash: hashToken(code),
    provider,
    subject: profile.subject,
    email: profile.email,
    first_name: profile.firstName,
    last_name: profile.lastName,
    code_challenge: challenge,
    expires_at: db.raw(`now() + interval '${LIFETIME}'`),
  })
  return code
}

/**
 * Holds what a code stands for, and the identity in it: of two who have the code, or codes of one person,
 * the second waits for the first. The code stays good until `spendHandover`.
 *
 * @param verifier the secret behind the frontend's challenge: needed if there was one, refused if not. So a
 *   frontend that always sends it takes no code of a sign-in that somebody else has begun
 * @throws Problem 401 `invalid_oauth_code` for unknown, used and expired ones and wrong verifiers alike
 */
export async function claimHandover(
  trx: TransactionClientContract,
  code: string,
  verifier: string | undefined
): Promise<Handover> {
  const row = await trx
    .from('oauth_handovers')
    .where('code_hash', hashToken(code))
    .whereNull('used_at')
    .whereRaw('expires_at > now()')
    .forUpdate()
    .first()
  if (!row || row.code_challenge !== challengeOf(verifier)) throw invalidCode()
  // There may be no row of the identity to lock yet; one at a time makes it, or finds that it was made.
  await trx.rawQuery(
    `SELECT pg_advisory_xact_lock(hashtextextended('identity:' || ? || ':' || ?, 0))`,
    [row.provider, row.subject]
  )
  return {
    id: row.id,
    provider: row.provider,
    subject: row.subject,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
  }
}

export async function spendHandover(trx: TransactionClientContract, id: string): Promise<void> {
  await trx
    .from('oauth_handovers')
    .where('id', id)
    .update({ used_at: trx.raw('now()') })
}

function challengeOf(verifier: string | undefined): string | null {
  return verifier === undefined ? null : createHash('sha256').update(verifier).digest('base64url')
}

function invalidCode(): Problem {
  return new Problem('This code was used already, has expired or never existed. Sign in again.', {
    code: 'invalid_oauth_code',
    status: 401,
  })
}
