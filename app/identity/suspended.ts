import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { forbidden } from '#exceptions/problem'
import type User from '#models/user'

/**
 * For every way in. Whoever calls it holds the user's row, so that a suspension comes before or after the
 * session that is begun, and never in between.
 *
 * @throws Problem 403 `account_suspended`: told only to who has proven that the account is theirs
 */
export function assertNotSuspended(user: User): void {
  if (user.suspendedAt) {
    throw forbidden(
      'This account is suspended. Your money is safe, and what you are paid waits for you. Write to us.',
      'account_suspended'
    )
  }
}

/**
 * Whether a user is suspended, with their row held until the transaction ends. The weakest lock that a
 * suspension waits for: notifications, which number themselves in the same row, do not.
 */
export async function isSuspended(
  trx: TransactionClientContract,
  userId: string
): Promise<boolean> {
  const { rows } = await trx.rawQuery<{ rows: { suspended_at: Date | null }[] }>(
    'SELECT suspended_at FROM users WHERE id = ? FOR KEY SHARE',
    [userId]
  )
  return rows[0].suspended_at !== null
}
