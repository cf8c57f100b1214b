import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { unprocessable, wrongState } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import replayInbox from '#jobs/replay_inbox'

/** More at once is not what somebody has looked at before they chose it. */
export const MOST_REPLAYED = 1000

/**
 * Has stored events processed once more, one after the other, by a job. Those whose content was deleted
 * after its window are left out: there is nothing left to look at.
 *
 * @param ids of rows of the inbox
 * @returns the replay's id; its progress is in `inbox_replays`
 * @throws Problem 422 for more than `MOST_REPLAYED`; 409 `nothing_to_replay`
 */
export async function startReplay(ids: string[], act: Act): Promise<string> {
  if (ids.length > MOST_REPLAYED) {
    throw unprocessable(
      'events',
      'max',
      `At most ${MOST_REPLAYED} events are replayed at once; choose fewer.`
    )
  }
  return inTransaction(async (trx) => {
    const rows = await trx
      .from('inbox_events')
      .select('id')
      .whereIn('id', ids)
      .whereNull('payload_purged_at')
      .orderBy('id')
    if (rows.length === 0) {
      throw wrongState('None of these events has content left that could be replayed.', 'purged', {
        code: 'nothing_to_replay',
      })
    }
    const [{ id }] = await trx
      .insertQuery()
      .table('inbox_replays')
      .insert({ event_ids: rows.map((row) => row.id) })
      .returning('id')
    await recordAudit(trx, {
      ...act,
      action: 'inbox.replayed',
      target: { type: 'inbox_replay', id },
      after: { events: rows.length, ...(rows.length === 1 && { event: rows[0].id }) },
    })
    await enqueue(trx, replayInbox, { replayId: id })
    return id
  })
}
