import db from '@adonisjs/lucid/services/db'
import { defineJob } from '#jobs/queue'

/** Processes the events of a replay, and notes after each how far it is: the next try goes on from there. */
export default defineJob<{ replayId: string }>({
  name: 'replay_inbox',
  expireInSeconds: 3600,
  concurrency: 1,
  async handle({ replayId }, { signal }) {
    const { replayEvents } = await import('#payments/replay_events')
    const replay = await db.from('inbox_replays').where('id', replayId).firstOrFail()
    const ids: string[] = replay.event_ids
    const left = ids.filter((id) => replay.last_id === null || id > replay.last_id)
    if (left.length > 0) {
      for await (const { id, error } of replayEvents({ ids: left })) {
        await db
          .from('inbox_replays')
          .where('id', replayId)
          .update({
            last_id: id,
            done: db.raw('done + 1'),
            failed: db.raw('failed + ?', [error ? 1 : 0]),
          })
        if (signal.aborted) throw new Error('It took too long; the next try goes on from here.')
      }
    }
    await db
      .from('inbox_replays')
      .where('id', replayId)
      .update({ finished_at: db.raw('now()') })
  },
})
