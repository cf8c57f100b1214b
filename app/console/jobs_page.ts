import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { PAGE, readCursor, cutBy } from '#console/paging'
import { redact } from '#console/redact'
import { notFound } from '#exceptions/problem'
import { DEAD_LETTERS, QUEUE_SCHEMA } from '#jobs/queue'
import type { Page } from '#transformers/page'
import type { JobsFilters } from '#validators/console/jobs'

interface QueueRow {
  name: string
  waiting: number
  deferred: number
  retrying: number
  active: number
  failed: number
  dead: number
  /** Since when the one that has waited longest could have run. */
  oldest: Date | null
}

/** Every queue with what is in it; what is done is not counted. One query. */
export async function listQueues(): Promise<QueueRow[]> {
  const { rows } = await db.rawQuery<{ rows: QueueRow[] }>(
    `WITH open AS (
       SELECT name, state, start_after, source_name FROM ${QUEUE_SCHEMA}.job
        WHERE state IN ('created', 'retry', 'active', 'failed')),
     counted AS (
       SELECT name,
         count(*) FILTER (WHERE state = 'created' AND start_after <= now())::int AS waiting,
         count(*) FILTER (WHERE state = 'created' AND start_after > now())::int AS deferred,
         count(*) FILTER (WHERE state = 'retry')::int AS retrying,
         count(*) FILTER (WHERE state = 'active')::int AS active,
         count(*) FILTER (WHERE state = 'failed')::int AS failed,
         min(start_after) FILTER (WHERE state = 'created' AND start_after <= now()) AS oldest
       FROM open WHERE name <> ? GROUP BY name),
     dead AS (
       SELECT source_name AS name, count(*)::int AS dead FROM open
        WHERE name = ? AND state IN ('created', 'retry') GROUP BY source_name)
     SELECT q.name, coalesce(c.waiting, 0) AS waiting, coalesce(c.deferred, 0) AS deferred,
         coalesce(c.retrying, 0) AS retrying, coalesce(c.active, 0) AS active, coalesce(c.failed, 0) AS failed,
         coalesce(d.dead, 0) AS dead, c.oldest
       FROM ${QUEUE_SCHEMA}.queue q LEFT JOIN counted c USING (name) LEFT JOIN dead d USING (name)
      WHERE q.name <> ? AND q.name NOT LIKE '\\_\\_pgboss%'
      ORDER BY coalesce(d.dead, 0) DESC, coalesce(c.retrying, 0) DESC, coalesce(c.waiting, 0) DESC, q.name`,
    [DEAD_LETTERS, DEAD_LETTERS, DEAD_LETTERS]
  )
  return rows
}

interface JobRow {
  id: string
  name: string
  state: string
  retry_count: number
  created_on: Date
  start_after: Date
  error: string
  source_name: string | null
}

/** In a list, most is told by the message of what went wrong. */
const ROW = `
  id, name, state::text AS state, retry_count, created_on, start_after, source_name,
  coalesce(output ->> 'message', source_output ->> 'message', '') AS error,
  extract(epoch FROM created_on)::text AS made`

/**
 * The jobs of a queue, newest first: those that are not done, unless a state is asked for. One query.
 *
 * @throws Problem 404 for a queue that is not there
 */
export async function listJobs(name: string, filters: JobsFilters): Promise<Page<JobRow>> {
  const known = await db.from(`${QUEUE_SCHEMA}.queue`).where('name', name).select('name').first()
  if (!known) throw notFound('queue')
  const query = db
    .from(`${QUEUE_SCHEMA}.job`)
    .where('name', name)
    .select(db.raw(ROW))
    .orderBy([
      { column: 'created_on', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(PAGE + 1)
  if (filters.state) query.where('state', filters.state)
  else query.whereNotIn('state', ['completed', 'cancelled'])
  if (filters.from) query.where('source_name', filters.from)
  if (filters.after) {
    const [made, id] = readCursor(filters.after, /^\d+(\.\d+)? [0-9a-f-]{36}$/).split(' ')
    query.whereRaw('(created_on, id) < (to_timestamp(?::numeric::double precision), ?::uuid)', [
      made,
      id,
    ])
  }
  const rows: (JobRow & { made: string })[] = await query
  return cutBy(rows, ({ made, id }) => `${made} ${id}`)
}

/** A job with what it was asked and what came of it. A constant number of queries. @throws Problem 404 */
export async function readJob(name: string, id: string) {
  if (!isUuid(id)) throw notFound('job')
  const job = await db
    .from(`${QUEUE_SCHEMA}.job`)
    .where({ name, id })
    .select(
      'id',
      'name',
      db.raw('state::text AS state'),
      'data',
      'output',
      'retry_count',
      'retry_limit',
      'created_on',
      'start_after',
      'started_on',
      'completed_on',
      'singleton_key',
      'source_name',
      'source_id',
      'source_created_on',
      'source_retry_count',
      'source_output'
    )
    .first()
  if (!job) throw notFound('job')
  const letter = await db
    .from(`${QUEUE_SCHEMA}.job`)
    .where({ name: DEAD_LETTERS, source_id: id })
    .whereIn('state', ['created', 'retry'])
    .select('id')
    .first()
  const failure = redact(job.output ?? job.source_output) as Record<string, unknown> | null
  return {
    job: { ...job, data: redact(job.data) },
    failure,
    withoutStack: failure && { ...failure, stack: undefined },
    deadLetter: letter?.id as string | undefined,
    about: subjectsOf(job.data ?? {}),
    tries: triesOf(job, name === DEAD_LETTERS),
    isDeadLetter: name === DEAD_LETTERS,
    canRetry:
      job.state === 'retry' ||
      (job.state === 'failed' && !letter) ||
      (name === DEAD_LETTERS && job.state === 'created'),
  }
}

/** How often it was tried, and how often before it came here. */
function triesOf(job: Record<string, number | Date | null>, isDeadLetter: boolean): string {
  if (isDeadLetter) return `${Number(job.source_retry_count) + 1}, all of them failed`
  const tries = Number(job.retry_count) + (job.started_on ? 1 : 0)
  return `${tries} of ${Number(job.retry_limit) + 1}`
}

/** What a job is about, as far as its data names it by ids that have a page. */
const SUBJECTS: Record<string, string> = {
  transactionId: 'transaction',
  inboxEventId: 'inbox_event',
  userId: 'user',
  projectId: 'project',
  milestoneId: 'milestone',
  disputeId: 'dispute',
  chargebackId: 'chargeback',
}

function subjectsOf(data: Record<string, unknown>): { type: string; id: string }[] {
  return Object.entries(SUBJECTS).flatMap(([field, type]) =>
    typeof data[field] === 'string' ? [{ type, id: data[field] }] : []
  )
}
