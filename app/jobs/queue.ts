import { randomUUID } from 'node:crypto'
import env from '#start/env'
import { withoutSecrets } from '#start/without_secrets'
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import type { Logger } from '@adonisjs/core/logger'
import type { Database } from '@adonisjs/lucid/database'
import type { QueryClientContract, TransactionClientContract } from '@adonisjs/lucid/types/database'
import { readCause, withCause } from '#telemetry/carry'
import { inJobSpan } from '#telemetry/job_span'
import {
  PgBoss,
  fromKnex,
  type ConstructorOptions,
  type JobResult,
  type JobWithMetadata,
} from 'pg-boss'

/**
 * Jobs run on pg-boss, on the application's own PostgreSQL: a job is sent inside the transaction
 * that needs it, so it exists if and only if that transaction commits.
 *
 * Delivery is at least once. A worker that dies loses its heartbeat and the job is handed out again,
 * so every handler must be safe to repeat.
 */

/** The schema that pg-boss owns. Migration 0005 makes it. */
export const QUEUE_SCHEMA = 'pgboss'

/** Where a job goes that failed for the last time; it remembers the queue it came from. */
export const DEAD_LETTERS = 'dead_letters'

/** A worker that is silent for this long counts as dead, and its job goes to another. */
const HEARTBEAT_SECONDS = 30

/** Jobs that are fetched, run side by side and settled together. */
const BATCH = 4

const DAY_SECONDS = 24 * 3600

/** Days that jobs are kept which are done, and those which nobody could do. */
export const KEPT_DAYS = { done: 7, dead: 365 }

export interface JobContext {
  id: string
  /** 1 for the first try. */
  attempt: number
  /** After this one the job goes to the dead letters. */
  lastAttempt: boolean
  logger: Logger
  /** Aborted when the job outlives `expireInSeconds`: another worker may already have it. */
  signal: AbortSignal
}

export interface JobOptions<Data extends object> {
  /** Queue name, also what operators see. Never rename one: its waiting jobs would be lost. */
  name: string
  /** Tries after the first. Default 12: with the delays below, the last is about 9 hours after the first. */
  retryLimit?: number
  /** Seconds before the first retry, default 5. */
  retryDelay?: number
  /** Whether each retry waits about twice as long as the one before, with jitter. Default true. */
  retryBackoff?: boolean
  /** Upper bound of one wait, in seconds. Default an hour. */
  retryDelayMax?: number
  /** A try that takes longer than this counts as failed. Default 300 s. */
  expireInSeconds?: number
  /** About how many of these one worker process runs at once, in batches of `BATCH`. Default 8. */
  concurrency?: number
  /** Cron expression in UTC: the job runs by itself, with empty data, on one worker. */
  schedule?: string
  handle(data: Data, context: JobContext): Promise<void>
}

export type Job<Data extends object = any> = Required<Omit<JobOptions<Data>, 'schedule'>> &
  Pick<JobOptions<Data>, 'schedule'>

/** Describes a job. It is worked only when `app/jobs/index.ts` lists it. */
export function defineJob<Data extends object = Record<string, never>>(
  options: JobOptions<Data>
): Job<Data> {
  return {
    retryLimit: 12,
    retryDelay: 5,
    retryBackoff: true,
    retryDelayMax: 3600,
    expireInSeconds: 300,
    concurrency: 8,
    ...options,
  }
}

export interface EnqueueOptions {
  /** Not before this time, or this many seconds from now. */
  startAfter?: Date | number
  /**
   * While a job with this key waits in the queue, further ones with the same key are dropped; the one
   * that waits runs after this transaction commits. One that already runs, or waits for a retry, does
   * not count. It saves work; it is no guarantee that something happens once.
   */
  singletonKey?: string
  /** Higher goes first. */
  priority?: number
}

/**
 * Sends a job as part of `trx`: it becomes visible when that commits and never if it rolls back.
 *
 * @param trx the transaction of the operation; `db` sends at once, for what belongs to none
 * @param data JSON only; amounts as strings, records by id
 * @returns the job's id, or null when `singletonKey` found one waiting
 */
export async function enqueue<Data extends object>(
  trx: TransactionClientContract | Database,
  job: Job<Data>,
  data: Data,
  options: EnqueueOptions = {}
): Promise<string | null> {
  const boss = await sender()
  await ensureQueue(boss, job)
  const client = 'isTransaction' in trx ? trx : trx.connection()
  const id = randomUUID()
  const send = () =>
    boss.send(job.name, withCause(data), {
      db: prepared(client),
      id,
      // Queues allow one waiting job per key (policy `short`), so a job without one gets its own.
      singletonKey: options.singletonKey ?? id,
      ...(options.startAfter !== undefined && { startAfter: options.startAfter }),
      ...(options.priority !== undefined && { priority: options.priority }),
    })

  for (;;) {
    const sent = await send()
    if (sent !== null || options.singletonKey === undefined) return sent
    // One waits already. Hold it until we commit: a worker that took it before then would run it
    // without seeing what this transaction changed.
    const { rows } = await client.rawQuery(
      `SELECT 1 FROM ${QUEUE_SCHEMA}.job
       WHERE name = ? AND singleton_key = ? AND state = 'created' FOR SHARE`,
      [job.name, options.singletonKey]
    )
    if (rows.length > 0) return null
  }
}

export interface DrainOptions {
  /** Also what is due only later (`startAfter`). */
  includeDeferred?: boolean
  /** Retry failed jobs at once rather than after their delay, until they succeed or are dead. */
  retryNow?: boolean
  /**
   * First take over jobs that a worker holds, as if it had died. Only when no other worker runs:
   * nothing tells a dead worker from a busy one but its silence.
   */
  abandoned?: boolean
  /** Jobs of one queue at a time, default 1. */
  concurrency?: number
}

export interface DrainResult {
  /** Jobs that succeeded. */
  done: number
  /** Tries that failed. */
  failed: number
  /** Of those, jobs that had no try left. */
  dead: number
  errors: { job: string; data: object; error: unknown }[]
}

/** Runs everything due, in this process, until nothing is due: for tests and for operators. */
export async function drainQueue(options: DrainOptions = {}): Promise<DrainResult> {
  const boss = await sender()
  const jobs = await allJobs()
  const result: DrainResult = { done: 0, failed: 0, dead: 0, errors: [] }
  for (const job of jobs) {
    await ensureQueue(boss, job)
    if (options.abandoned) await abandonActive(boss, job)
  }
  if (options.retryNow || options.abandoned) await retryWithoutDelay(boss, jobs)

  for (let progress = true; progress;) {
    progress = false
    // Asking each queue for a job is a write; most have none.
    const due = await queuesWithJobs(boss, options.includeDeferred ?? false)
    for (const job of jobs.filter(({ name }) => due.has(name))) {
      const fetched = await boss.fetch<object>(job.name, {
        batchSize: options.concurrency ?? 1,
        includeMetadata: true,
        ignoreStartAfter: options.includeDeferred ?? false,
      })
      progress ||= fetched.length > 0
      await Promise.all(
        fetched.map(async (row) => {
          // A worker elsewhere would take over a job that shows no sign of life.
          const heartbeat = setInterval(
            () => boss.touch(job.name, row).catch(() => {}),
            (HEARTBEAT_SECONDS * 1000) / 3
          )
          try {
            await perform(job, row, new AbortController().signal)
            await boss.complete(job.name, row)
            result.done++
          } catch (error) {
            await boss.fail(job.name, row, asOutput(error))
            result.failed++
            if (isLastAttempt(row)) result.dead++
            result.errors.push({ job: job.name, data: readCause(row.data).data, error })
          } finally {
            clearInterval(heartbeat)
          }
        })
      )
    }
    if (options.retryNow) await retryWithoutDelay(boss, jobs)
  }
  return result
}

export interface WorkOptions {
  /** Seconds that running jobs get to finish when the process is told to stop. */
  stopTimeoutSeconds: number
  /** Seconds between looks at an idle queue. */
  pollingSeconds: number
}

/**
 * Works all queues in this process and runs the schedule, until the application terminates. Brings
 * the schema of pg-boss up to date first, which a newer package may need.
 */
export async function startWorker(options: WorkOptions): Promise<void> {
  const boss = makeBoss({
    max: 5,
    migrate: true,
    supervise: true,
    schedule: true,
    // A dead worker's jobs are found by their missing heartbeat; the default looks once a minute.
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
    instanceName: 'worker',
  })
  app.terminating(() => boss.stop({ graceful: true, timeout: options.stopTimeoutSeconds * 1000 }))
  await boss.start()
  starting = Promise.resolve(boss)

  const jobs = await allJobs()
  for (const job of jobs) {
    await ensureQueue(boss, job)
    // The queue may have been made by an older release with another policy.
    await boss.updateQueue(job.name, { ...queueOptions(job), deadLetter: DEAD_LETTERS })
    const workOptions = {
      includeMetadata: true,
      perJobResults: true,
      batchSize: BATCH,
      localConcurrency: Math.ceil(job.concurrency / BATCH),
      pollingIntervalSeconds: options.pollingSeconds,
      // While batches come back full there is more: look again at once instead of sleeping.
      burstWhenBatchFull: true,
    } as const
    await boss.work<object, void, typeof workOptions>(job.name, workOptions, (rows) =>
      Promise.all(rows.map((row) => settled(job, row)))
    )
  }
  await synchroniseSchedule(boss, jobs)
}

/** Performs one job of a batch; what becomes of it is no business of the others. */
async function settled(job: Job, row: JobWithMetadata<object>): Promise<JobResult> {
  try {
    await perform(job, row, row.signal)
    return { id: row.id, status: 'completed' }
  } catch (error) {
    return { id: row.id, status: 'failed', output: asOutput(error) }
  }
}

/** How many jobs have failed for good and wait for somebody, by the queue they came from. */
export async function countDeadLetters(): Promise<Record<string, number>> {
  const boss = await sender()
  const { rows } = await boss.getDb().executeSql(
    `SELECT source_name, count(*)::int AS total FROM ${QUEUE_SCHEMA}.job
     WHERE name = $1 AND state < 'active' GROUP BY source_name`,
    [DEAD_LETTERS]
  )
  return Object.fromEntries(rows.map((row) => [row.source_name, row.total]))
}

/**
 * Sends dead letters back to their queues, with all their tries.
 *
 * @param which.jobName only those of one job
 * @param which.ids only these
 * @param which.trx the transaction of the operation, if it belongs to one
 * @returns how many
 */
export async function redriveDeadLetters(
  which: { jobName?: string; ids?: string[]; trx?: TransactionClientContract } = {}
): Promise<number> {
  const { jobName, ids, trx } = which
  const boss = await sender()
  return boss.redrive(DEAD_LETTERS, {
    limit: 10_000,
    ...(jobName && { sourceName: jobName }),
    ...(ids && { ids }),
    ...(trx && { db: fromKnex(trx.getWriteClient()) }),
  })
}

/**
 * Gives a job that has failed for good one more try, now.
 */
export async function retryFailed(
  trx: TransactionClientContract,
  jobName: string,
  id: string
): Promise<void> {
  const boss = await sender()
  await boss.retry(jobName, id, { db: fromKnex(trx.getWriteClient()) })
}

/** @throws Error when jobs cannot be sent: the schema is missing or older than this release needs */
export async function checkQueue(): Promise<void> {
  const boss = await sender()
  await boss.schemaVersion()
}

/** What statements are called, so that PostgreSQL keeps them prepared. */
const statementNames = new Map<string, string>()

/**
 * Sends statements of pg-boss by name: planning the one that inserts a job takes half as long as running it,
 * and nearly every operation sends one. There are few, for values are no part of their text.
 */
function prepared(client: Pick<QueryClientContract, 'knexRawQuery'>) {
  return fromKnex({
    async raw(sql, bindings = []) {
      const name = statementNames.get(sql) ?? `job_queue:${statementNames.size}`
      statementNames.set(sql, name)
      return client.knexRawQuery(sql, bindings as never).options({ name })
    },
  })
}

let starting: Promise<PgBoss> | undefined

/**
 * The instance that web processes and commands send with. It starts with the first job, so that
 * building, code generation and migrations never touch the database.
 */
async function sender(): Promise<PgBoss> {
  starting ??= startSender().catch((error) => {
    starting = undefined
    throw error
  })
  return starting
}

async function startSender(): Promise<PgBoss> {
  const boss = makeBoss({
    max: 2,
    migrate: false,
    createSchema: false,
    supervise: false,
    schedule: false,
    registerInstance: false,
  })
  await boss.start()
  app.terminating(async () => {
    starting = undefined
    knownQueues = new WeakMap()
    await boss.stop({ graceful: false })
  })
  return boss
}

function makeBoss(options: ConstructorOptions): PgBoss {
  const boss = new PgBoss({
    connectionString: env.get('DATABASE_URL').release(),
    schema: QUEUE_SCHEMA,
    // Its spans are of batches; ours are of jobs, and go on with what caused them.
    openTelemetry: { enabled: false },
    ...options,
  })
  boss.on('error', (error) => logger.error({ err: error }, 'job queue'))
  boss.on('warning', (warning) => logger.warn(warning, 'job queue'))
  return boss
}

/** Loaded late: jobs import operations, which import this file. */
async function allJobs(): Promise<Job[]> {
  const { jobs } = await import('#jobs/index')
  return jobs
}

let knownQueues = new WeakMap<PgBoss, Map<string, Promise<void>>>()

/** Makes the job's queue if it is missing; once per process, as rows of pg-boss, no DDL. */
function ensureQueue(boss: PgBoss, job: Job): Promise<void> {
  let queues = knownQueues.get(boss)
  if (!queues) knownQueues.set(boss, (queues = new Map()))
  let made = queues.get(job.name)
  if (!made) {
    made = createQueue(boss, job).catch((error) => {
      queues.delete(job.name)
      throw error
    })
    queues.set(job.name, made)
  }
  return made
}

async function createQueue(boss: PgBoss, job: Job): Promise<void> {
  await boss.createQueue(DEAD_LETTERS, {
    retentionSeconds: KEPT_DAYS.dead * DAY_SECONDS,
    retryLimit: 0,
  })
  await boss.createQueue(job.name, {
    ...queueOptions(job),
    policy: 'short',
    deadLetter: DEAD_LETTERS,
  })
}

function queueOptions(job: Job) {
  return {
    retryLimit: job.retryLimit,
    retryDelay: job.retryDelay,
    retryBackoff: job.retryBackoff,
    ...(job.retryBackoff && { retryDelayMax: job.retryDelayMax }),
    expireInSeconds: job.expireInSeconds,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    deleteAfterSeconds: KEPT_DAYS.done * DAY_SECONDS,
    retentionSeconds: 90 * DAY_SECONDS,
  }
}

/** The names of queues in which a job is due, or waits at all. */
async function queuesWithJobs(boss: PgBoss, orWaits: boolean): Promise<Set<string>> {
  const { rows } = await boss.getDb().executeSql(
    `SELECT DISTINCT name FROM ${QUEUE_SCHEMA}.job
     WHERE state < 'active' AND NOT blocked AND (start_after < now() OR $1)`,
    [orWaits]
  )
  return new Set(rows.map(({ name }) => name))
}

/** Takes jobs from workers presumed dead, as the missing heartbeat would in a while. */
async function abandonActive(boss: PgBoss, job: Job): Promise<void> {
  const { rows } = await boss
    .getDb()
    .executeSql(`SELECT id FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND state = 'active'`, [
      job.name,
    ])
  const ids = rows.map((row) => row.id)
  if (ids.length > 0) await boss.fail(job.name, ids, { message: 'its worker is gone' })
}

async function retryWithoutDelay(boss: PgBoss, jobs: Job[]): Promise<void> {
  await boss
    .getDb()
    .executeSql(
      `UPDATE ${QUEUE_SCHEMA}.job SET start_after = now() WHERE state = 'retry' AND name = ANY($1)`,
      [jobs.map((job) => job.name)]
    )
}

/** Makes the stored schedule that of this release: what is no longer listed no longer runs. */
async function synchroniseSchedule(boss: PgBoss, jobs: Job[]): Promise<void> {
  const wanted = new Map(jobs.filter((job) => job.schedule).map((job) => [job.name, job.schedule!]))
  for (const { name } of await boss.getSchedules()) {
    if (!wanted.has(name)) await boss.unschedule(name)
  }
  for (const [name, cron] of wanted) {
    // What came due while no worker ran is made up for, once.
    await boss.schedule(name, cron, {}, { tz: 'UTC', missed: 'once' })
  }
}

async function perform(job: Job, row: JobWithMetadata<object>, signal: AbortSignal): Promise<void> {
  const attempt = row.retryCount + 1
  const lastAttempt = isLastAttempt(row)
  const { data, ...cause } = readCause(row.data)
  // Every line of the log gets the ids from the scope.
  await inJobSpan({ job: job.name, id: row.id, attempt, lastAttempt, data, ...cause }, () =>
    job.handle(data, { id: row.id, attempt, lastAttempt, logger, signal })
  )
}

function isLastAttempt(row: JobWithMetadata<object>): boolean {
  return row.retryCount >= row.retryLimit
}

function asOutput(error: unknown): object {
  return error instanceof Error
    ? {
        name: error.name,
        message: withoutSecrets(error.message),
        stack: withoutSecrets(error.stack ?? ''),
      }
    : { message: withoutSecrets(String(error)) }
}
