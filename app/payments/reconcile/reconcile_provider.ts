import db from '@adonisjs/lucid/services/db'
import type { Rail } from '#models/transaction'
import type {
  ForeignMovement,
  Period,
  Provider,
  ProviderBalanceTransaction,
} from '#payments/provider'
import { match, type Scope } from '#payments/reconcile/match'
import { record } from '#payments/reconcile/record'
import { withSession, type Session } from '#payments/reconcile/session'
import { createStage, stage, stageForeign } from '#payments/reconcile/stage'

/** What a reconciliation needs of a provider. */
export type Reconcilable = Pick<
  Provider,
  'rail' | 'listBalanceTransactions' | 'balanceTransactionLagMs' | 'getBalance'
>

export interface ReconcileOptions {
  period: Period
  /** The setting `reconcile_grace_minutes`. */
  graceMinutes: number
  /** The setting `in_transit_days`. */
  inTransitDays: number
  /** What counts as now; the database's clock if not given. */
  asOf?: Date
  onProgress?(progress: Progress): void
  /** Gives up between two rows. */
  signal?: AbortSignal
}

export interface Progress {
  /** Rows read so far. */
  rows: number
  /** How much of the time that is asked for they cover, from 0 to 1: nobody knows how many there will be. */
  covered: number
  step: 'reading' | 'matching'
}

/** Somebody else is at it: two runs of a rail would find the same breaks twice. */
export class AlreadyRunning extends Error {}

/** How far back one looks when nobody says: long enough for every movement to be seen several times. */
export const RECONCILED_DAYS = 4

/** Around the period, for what the two sides date differently. */
const MARGIN_MS = 24 * 3_600_000

/**
 * Holds what a provider says of our balance against what our ledger says, and stores what differs.
 *
 * Rows are written to the database as they come and matched there, so that a run needs no more memory
 * for a million of them than for a thousand.
 *
 * @returns the run's id; `readRun` tells what it found
 * @throws AlreadyRunning if a run of this rail is under way
 * @throws ProviderFailure if the provider has no answer; the run counts as failed then
 */
export async function reconcileProvider(
  provider: Reconcilable,
  options: ReconcileOptions
): Promise<string> {
  return withSession(async (session) => {
    await lockRail(session, provider.rail)
    const asOf = options.asOf ?? (await databaseNow(session))
    const period = { from: options.period.from, to: earlier(options.period.to, asOf) }
    const runId = await begin(provider.rail, period, asOf)
    try {
      await run(session, provider, { ...options, period, asOf }, runId)
    } catch (error) {
      await fail(runId, error)
      throw error
    }
    return runId
  })
}

async function run(
  session: Session,
  provider: Reconcilable,
  options: ReconcileOptions & { asOf: Date },
  runId: string
): Promise<void> {
  const { period, asOf, onProgress, signal } = options
  const read = reader(session, provider, { onProgress, signal })
  const staged = {
    from: new Date(period.from.getTime() - MARGIN_MS),
    to: earlier(new Date(period.to.getTime() + MARGIN_MS), asOf),
  }
  // Before its movements, so that all that it is the sum of are among them. It says nothing of a
  // period after which there is more to come than what is read.
  const balances = staged.to.getTime() === asOf.getTime() ? await ownBalances(provider) : undefined
  await createStage(session)
  await read(staged)

  const scope: Scope = {
    runId,
    rail: provider.rail,
    period,
    staged,
    asOf,
    graceMs: options.graceMinutes * 60_000,
    lagMs: provider.balanceTransactionLagMs,
    inTransitDays: options.inTransitDays,
    balances,
  }
  const matchAndRecord = (mayNeedMore: boolean) =>
    session.onSnapshot(async () => {
      onProgress?.({ ...read.progress(), step: 'matching' })
      const needed = await match(session, scope)
      if (mayNeedMore && needed) return needed
      await record(session)
    })
  const needed = await matchAndRecord(true)
  if (needed) {
    await read({ from: needed, to: new Date(scope.staged.from.getTime() - 1) })
    scope.staged = { from: needed, to: staged.to }
    await matchAndRecord(false)
  }
}

/** Reads periods of the provider's list to the stage, and keeps count. */
function reader(
  session: Session,
  provider: Reconcilable,
  { onProgress, signal }: Pick<ReconcileOptions, 'onProgress' | 'signal'>
) {
  let rows = 0
  let covered = 0
  const read = async (period: Period) => {
    const length = Math.max(1, period.to.getTime() - period.from.getTime())
    let first: Date | undefined
    const onRow = ({ createdAt }: ProviderBalanceTransaction | ForeignMovement) => {
      signal?.throwIfAborted()
      rows++
      // Some list the newest first, some the oldest: away from where the list began.
      first ??= createdAt
      covered = Math.max(covered, Math.abs(createdAt.getTime() - first.getTime()) / length)
      onProgress?.({ rows, covered, step: 'reading' })
    }
    const onForeign = async (row: ForeignMovement) => {
      onRow(row)
      await stageForeign(session, row)
    }
    await stage(session, provider.listBalanceTransactions(period, onForeign), onRow)
  }
  read.progress = () => ({ rows, covered: 1 })
  return read
}

/** One run of a rail at a time. The lock goes with the session, so a run that died holds up none. */
async function lockRail(session: Session, rail: Rail): Promise<void> {
  const { rows } = await session.rawQuery<{ locked: boolean }>(
    'SELECT pg_try_advisory_lock(hashtextextended(?, 0)) AS locked',
    [`reconcile:${rail}`]
  )
  if (!rows[0].locked) throw new AlreadyRunning(`A reconciliation of ${rail} is running already.`)
  await session.rawQuery(
    `UPDATE reconciliation_runs SET status = 'failed', finished_at = clock_timestamp(),
        error = 'Its process ended before it was done.'
      WHERE rail = ? AND status = 'running'`,
    [rail]
  )
}

async function begin(rail: Rail, period: Period, asOf: Date): Promise<string> {
  const { rows } = await db.rawQuery<{ rows: { id: string }[] }>(
    `INSERT INTO reconciliation_runs (rail, period_from, period_to, as_of) VALUES (?, ?, ?, ?) RETURNING id`,
    [rail, period.from, period.to, asOf]
  )
  return rows[0].id
}

async function fail(runId: string, error: unknown): Promise<void> {
  const words = error instanceof Error ? error.message : String(error)
  await db.rawQuery(
    `UPDATE reconciliation_runs SET status = 'failed', finished_at = clock_timestamp(), error = ? WHERE id = ?`,
    [words.slice(0, 2000), runId]
  )
}

async function ownBalances(provider: Reconcilable): Promise<Record<string, bigint>> {
  const balances = await provider.getBalance()
  return Object.fromEntries(
    balances.map(({ currency, available, pending }) => [currency, available.add(pending).minor])
  )
}

async function databaseNow(session: Session): Promise<Date> {
  const { rows } = await session.rawQuery<{ now: Date }>('SELECT clock_timestamp() AS now')
  return rows[0].now
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b
}
