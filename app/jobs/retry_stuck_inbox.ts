import { inTransaction } from '#database/transaction'
import { enqueueInboxEvent } from '#payments/inbox'
import { defineJob } from '#jobs/queue'

/** The first look comes this long after the event; each attempt since adds as much again. */
const STUCK_AFTER_MINUTES = 10
const AT_ONCE = 500

/**
 * Finds events that are still open although their job should long have closed them: it ran out of
 * retries while the provider was down, or was lost with its queue.
 */
export default defineJob({
  name: 'retry_stuck_inbox',
  schedule: '*/5 * * * *',
  retryLimit: 0,
  async handle(_, { logger }) {
    const stuck = await inTransaction(async (trx) => {
      const rows = await trx
        .from('inbox_events')
        .select('id')
        .whereIn('status', ['received', 'failed'])
        .whereRaw(`received_at < now() - make_interval(mins => ? * (attempts + 1))`, [
          STUCK_AFTER_MINUTES,
        ])
        .orderBy('received_at')
        .limit(AT_ONCE)
      for (const { id } of rows) await enqueueInboxEvent(trx, id)
      return rows.length
    })
    if (stuck > 0) logger.warn({ stuck }, 'events were still open and are tried again')
  },
})
