import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { hashToken, newToken } from '#identity/opaque_tokens'

/** Seconds in which the second factor must follow the first one. */
export const CHALLENGE_LIFETIME = 5 * 60

/** @returns the token of a new challenge in clear, which is stored nowhere */
export async function issueChallenge(
  trx: TransactionClientContract,
  userId: string
): Promise<string> {
  const token = newToken()
  await trx.table('mfa_challenges').insert({
    user_id: userId,
    token_hash: hashToken(token),
    expires_at: trx.raw(`now() + interval '${CHALLENGE_LIFETIME} seconds'`),
  })
  return token
}
