import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import db from '@adonisjs/lucid/services/db'
import type Transaction from '#models/transaction'

/** Why payouts and refunds wait meanwhile, in words for whom they are for. */
export const RECOVERING =
  'It waits until support has finished checking our records against those of the payment provider.'

/**
 * Whether this database was restored from a backup, and is still being compared with what the providers did
 * since. Until that is over no money leaves, and nothing is decided by a clock: what the parties did after the
 * backup is not in it.
 */
export async function isRecovering(
  client: Pick<QueryClientContract, 'from'> = db
): Promise<boolean> {
  return Boolean(await client.from('recoveries').whereNull('ended_at').first())
}

/**
 * Whether a transaction was in a backup that was restored. Then its first sending here may be its second: it
 * was unsent when the backup was made, and the provider may have forgotten its key since.
 */
export async function mayHaveBeenSentBefore({ id }: Transaction): Promise<boolean> {
  const { rows } = await db.rawQuery(
    `SELECT EXISTS (SELECT FROM recoveries r JOIN transactions t ON t.id = ? AND t.created_at <= r.begun_at) AS may`,
    [id]
  )
  return rows[0].may
}
