import { randomUUID } from 'node:crypto'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { Problem, wrongState } from '#exceptions/problem'
import { setting } from '#escrow/settings'
import { enqueue } from '#jobs/queue'
import prepareExport from '#jobs/prepare_export'
import DataExport from '#models/data_export'
import type User from '#models/user'

/**
 * Asks for a copy of all that we know about a user. It is prepared by a job and its owner is told by mail.
 *
 * @throws Problem 409 `export_under_way`; 429 `too_many_exports`
 */
export async function requestExport(user: User): Promise<DataExport> {
  return inTransaction(async (trx) => {
    // One request at a time counts those before it.
    await trx.rawQuery('SELECT FROM users WHERE id = ? FOR NO KEY UPDATE', [user.id])
    const { rows } = await trx.rawQuery(
      `SELECT count(*) FILTER (WHERE state = 'pending')::int AS pending,
              count(*) FILTER (WHERE state <> 'failed' AND created_at > now() - interval '1 day')::int AS today
         FROM data_exports WHERE user_id = ?`,
      [user.id]
    )
    if (rows[0].pending > 0) {
      throw wrongState('An export is being prepared; you get a mail when it is ready.', 'pending', {
        code: 'export_under_way',
      })
    }
    const most = await setting(trx, 'exports_per_day')
    if (rows[0].today >= most) {
      throw new Problem(`You can have ${most} exports a day. Ask again tomorrow.`, {
        code: 'too_many_exports',
        status: 429,
        extra: { retry_after: await secondsUntilNext(trx, user.id, most) },
      })
    }
    const key = `exports/${user.id}/${randomUUID()}.zip`
    const { id } = await DataExport.create(
      { userId: user.id, key, state: 'pending' },
      { client: trx }
    )
    await enqueue(trx, prepareExport, { exportId: id, key })
    return DataExport.findOrFail(id, { client: trx })
  })
}

/** Until so many of a day's exports are a day old that there may be one more. */
async function secondsUntilNext(
  trx: TransactionClientContract,
  userId: string,
  most: number
): Promise<number> {
  const { rows } = await trx.rawQuery(
    `SELECT ceil(extract(epoch FROM created_at + interval '1 day' - now()))::int AS seconds
       FROM data_exports
      WHERE user_id = ? AND state <> 'failed'
      ORDER BY created_at DESC OFFSET ? LIMIT 1`,
    [userId, Math.max(0, most - 1)]
  )
  return Math.max(1, rows[0]?.seconds ?? 86_400)
}
