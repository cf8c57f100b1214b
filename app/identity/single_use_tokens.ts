import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { unprocessable } from '#exceptions/problem'
import { hashToken, newToken } from '#identity/opaque_tokens'

export type TokenPurpose = 'verify_email' | 'reset_password'

/** How long a mailed link works. A reset hands over the account, so it gets less. */
export const TOKEN_LIFETIME = { verify_email: '24 hours', reset_password: '1 hour' } as const

/** So that nobody's mailbox can be flooded by asking again and again. */
const MAX_TOKENS_PER_HOUR = 5

/**
 * Makes a token for a mailed link. Earlier ones stay good until they expire or one of them is used:
 * mails arrive in any order.
 *
 * @returns the token in clear, which is stored nowhere; null if too many were made within the hour
 */
export async function issueSingleUseToken(
  trx: TransactionClientContract,
  userId: string,
  purpose: TokenPurpose
): Promise<string | null> {
  const recent = await trx
    .from('single_use_tokens')
    .where({ user_id: userId, purpose })
    .whereRaw("created_at > now() - interval '1 hour'")
    .count('* AS tokens')
    .firstOrFail()
  if (Number(recent.tokens) >= MAX_TOKENS_PER_HOUR) return null

  const token = newToken()
  await trx.table('single_use_tokens').insert({
    user_id: userId,
    purpose,
    token_hash: hashToken(token),
    expires_at: trx.raw(`now() + interval '${TOKEN_LIFETIME[purpose]}'`),
  })
  return token
}

/**
 * Uses a token up, and with it the user's others for that purpose. Of two who present it at the same
 * moment one gets it: the second waits for the row and then finds it used.
 *
 * @returns the id of its user
 * @throws Problem 422 for unknown, used and expired ones alike
 */
export async function spendSingleUseToken(
  trx: TransactionClientContract,
  token: string,
  purpose: TokenPurpose
): Promise<string> {
  const [spent] = await trx
    .from('single_use_tokens')
    .where({ token_hash: hashToken(token), purpose })
    .whereNull('used_at')
    .whereRaw('expires_at > now()')
    .returning('user_id')
    .update({ used_at: trx.raw('now()') })
  if (!spent) {
    throw unprocessable(
      'token',
      'valid_token',
      'This link was used already, has expired or never existed. Ask for a new one.'
    )
  }
  await trx
    .from('single_use_tokens')
    .where({ user_id: spent.user_id, purpose })
    .whereNull('used_at')
    .update({ used_at: trx.raw('now()') })
  return spent.user_id
}
