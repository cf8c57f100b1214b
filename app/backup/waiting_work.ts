import db from '@adonisjs/lucid/services/db'
import { QUEUE_SCHEMA } from '#jobs/queue'

/** What waits in a restored database for the next worker, and what it does when it runs once more. */
export interface WaitingWork {
  jobs: { name: string; waiting: number; running: number; again: string }[]
  /** Sent to a provider, and no answer had come when the backup was made. */
  unknown: { type: string; currency: string; count: number; amount: bigint }[]
  /** Recorded, and not sent when the backup was made; it may have been sent since. */
  unsent: { type: string; currency: string; count: number; amount: bigint }[]
}

/** By the beginning of a job's name. The first that fits counts. */
const AGAIN: [RegExp, string][] = [
  [
    /^send_(payout|refund)$/,
    'sends money: only after recovery:begin, which has it looked up at the provider first',
  ],
  [/^send_deposit$/, 'asks for a payment under the same key; nobody pays by that alone'],
  [/^cancel_payout$/, 'takes back a payout that nobody has claimed; what was claimed stays'],
  [/^mail_/, 'sends an e-mail a second time'],
  [/^delete_file$/, 'deletes a file that is deleted already'],
  [/^submit_chargeback_evidence$/, 'sends evidence once, under its key'],
  [
    /^(process_inbox_event|replay_inbox|backfill_inbox)$/,
    'looks at the provider and books what is not booked: by reference, so once',
  ],
]

const HARMLESS = 'looks at what is there now; repeating it changes nothing'

export async function findWaitingWork(): Promise<WaitingWork> {
  const { rows: jobs } = await db.rawQuery(
    `SELECT name, (count(*) FILTER (WHERE state < 'active'))::int AS waiting,
        (count(*) FILTER (WHERE state = 'active'))::int AS running
      FROM ${QUEUE_SCHEMA}.job WHERE state <= 'active' AND name NOT LIKE '\\_\\_pgboss%'
      GROUP BY name ORDER BY name`
  )
  return {
    jobs: jobs.map((job: { name: string; waiting: number; running: number }) => ({
      ...job,
      again: AGAIN.find(([name]) => name.test(job.name))?.[1] ?? HARMLESS,
    })),
    unknown: await pending(`t.sent_at IS NOT NULL AND t.provider_transaction_id = ''`),
    unsent: await pending(`t.sent_at IS NULL AND t.transaction_type IN ('payout', 'refund')`),
  }
}

async function pending(which: string) {
  const { rows } = await db.rawQuery(
    `SELECT t.transaction_type AS type, t.currency, count(*)::int AS count, sum(t.amount)::bigint AS amount
      FROM transactions t WHERE t.status = 'pending' AND ${which} GROUP BY 1, 2 ORDER BY 1, 2`
  )
  return rows as WaitingWork['unknown']
}
