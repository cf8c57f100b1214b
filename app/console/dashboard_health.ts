import db from '@adonisjs/lucid/services/db'
import processInboxEvent from '#jobs/process_inbox_event'
import { DEAD_LETTERS, QUEUE_SCHEMA } from '#jobs/queue'

export interface Health {
  /** Jobs that could run now, and of the one that has waited longest its queue and since when. */
  jobs: number
  oldestJob: Date | null
  oldestJobQueue: string | null
  retrying: number
  deadLetters: number
  /** Events that are not handled: all, those whose handling failed, and since when the oldest is here. */
  events: number
  failedEvents: number
  oldestEvent: Date | null
  /** The same without those that were tried as often as a job tries: time alone will not handle them. */
  oldestTriedEvent: Date | null
  /** Movements of which nobody knows whether they happened, and the one that was sent first. */
  unknown: number
  oldestUnknown: Date | null
  oldestUnknownId: string | null
}

/** Whether queue and inbox keep up, and what was sent without an answer. One query. */
export async function readHealth(): Promise<Health> {
  const { rows } = await db.rawQuery<{ rows: Health[] }>(
    `WITH open AS (
       SELECT name, state, start_after FROM ${QUEUE_SCHEMA}.job WHERE state < 'active'),
     ready AS (
       SELECT name, start_after FROM open
        WHERE state = 'created' AND start_after <= now() AND name <> :dead AND name NOT LIKE '\\_\\_pgboss%'),
     unhandled AS (
       SELECT status, attempts, received_at FROM inbox_events WHERE status IN ('received', 'failed')),
     lost AS (
       SELECT id, sent_at FROM transactions
        WHERE status = 'pending' AND transaction_type IN ('deposit', 'refund', 'payout') AND sent_at IS NOT NULL
          AND (provider_transaction_id = '' OR failure_code = 'provider_mismatch'))
     SELECT (SELECT count(*)::int FROM ready) AS jobs,
       (SELECT min(start_after) FROM ready) AS "oldestJob",
       (SELECT name FROM ready ORDER BY start_after LIMIT 1) AS "oldestJobQueue",
       (SELECT count(*)::int FROM open WHERE state = 'retry' AND name <> :dead) AS retrying,
       (SELECT count(*)::int FROM open WHERE name = :dead) AS "deadLetters",
       (SELECT count(*)::int FROM unhandled) AS events,
       (SELECT count(*)::int FROM unhandled WHERE status = 'failed') AS "failedEvents",
       (SELECT min(received_at) FROM unhandled) AS "oldestEvent",
       (SELECT min(received_at) FROM unhandled WHERE attempts <= :retries) AS "oldestTriedEvent",
       (SELECT count(*)::int FROM lost) AS unknown,
       (SELECT min(sent_at) FROM lost) AS "oldestUnknown",
       (SELECT id FROM lost ORDER BY sent_at LIMIT 1) AS "oldestUnknownId"`,
    { dead: DEAD_LETTERS, retries: processInboxEvent.retryLimit } as never
  )
  return rows[0]
}
