import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import type User from '#models/user'
import { newTotpSecret, stepOfCode } from '#identity/mfa/totp'

/** A new secret: as it is stored, and as an app takes it. */
export function newAuthenticator(user: User): { stored: string; secret: string; url: string } {
  return newTotpSecret(purposeOf(user.id), { issuer: 'SafeSend', label: user.email })
}

/** Whether signing in takes a code; an app whose first code was never given does not count. */
export async function hasMfa(
  client: Pick<QueryClientContract, 'from'>,
  userId: string
): Promise<boolean> {
  const found = await client
    .from('mfa_authenticators')
    .where('user_id', userId)
    .whereNotNull('confirmed_at')
    .select('user_id')
    .first()
  return found !== null
}

/**
 * Takes a code, once: neither it nor an older one is taken again, however many try it at the same moment.
 *
 * @returns whether it was good, and had not been used
 * @throws Problem 503 `mfa_unavailable` when our key for the secret is gone
 */
export async function takeCode(
  trx: TransactionClientContract,
  userId: string,
  code: string
): Promise<boolean> {
  const row = await trx.from('mfa_authenticators').where('user_id', userId).firstOrFail()
  const step = stepOfCode(row.secret, purposeOf(userId), code)
  if (step === null) return false
  const taken = await trx
    .from('mfa_authenticators')
    .where('user_id', userId)
    .where((unused) => unused.whereNull('last_step').orWhere('last_step', '<', step))
    .returning('user_id')
    .update({ last_step: step })
  return taken.length > 0
}

/** A secret that was moved to another user's row does not decrypt there. */
function purposeOf(userId: string): string {
  return `mfa:${userId}`
}
