import db from '@adonisjs/lucid/services/db'
import { settings } from '#escrow/settings'
import type { Rail } from '#models/transaction'
import { blockingBreaks } from '#payments/reconcile/blocking'
import { readRun } from '#payments/reconcile/read_runs'
import {
  AlreadyRunning,
  RECONCILED_DAYS,
  reconcileProvider,
} from '#payments/reconcile/reconcile_provider'
import { providerOfRail } from '#payments/registry'
import { defineJob } from '#jobs/queue'

/**
 * Compares the last days of a rail with our ledger, so that each day is looked at several times; and further
 * back, as far as a break lies that was corrected and is to be seen no more.
 */
export default defineJob<{ rail: Rail }>({
  name: 'reconcile_rail',
  expireInSeconds: 4 * 3600,
  concurrency: 1,
  async handle({ rail }, { logger, signal }) {
    const limits = await settings(db)
    const to = new Date()
    let runId: string
    try {
      runId = await reconcileProvider(providerOfRail(rail), {
        period: { from: await beginning(rail, to), to },
        graceMinutes: limits.reconcile_grace_minutes,
        inTransitDays: limits.in_transit_days,
        signal,
      })
    } catch (error) {
      if (!(error instanceof AlreadyRunning)) throw error
      // Somebody runs it by hand: what it finds is as good.
      logger.info({ rail }, error.message)
      return
    }
    const { breaks, new_breaks: news, kinds } = await readRun(db, runId)
    if (breaks === 0n) return
    const blocking = await blockingBreaks(db, rail, limits.break_block_threshold)
    logger.error(
      { rail, runId, breaks: Number(breaks), new: Number(news), kinds, blocking },
      'the provider and our ledger differ: staff must look'
    )
  },
})

async function beginning(rail: Rail, to: Date): Promise<Date> {
  const { rows } = await db.rawQuery<{ rows: { first: Date | null }[] }>(
    `SELECT min(b.happened_at) AS first FROM reconciliation_breaks b
      WHERE b.rail = ? AND b.resolved_at IS NULL AND EXISTS (SELECT FROM approvals a
        WHERE a.kind = 'correcting_entry' AND a.status = 'approved' AND a.subject_id = b.id)`,
    [rail]
  )
  const DAY = 86_400_000
  const usual = to.getTime() - RECONCILED_DAYS * DAY
  const [{ first }] = rows
  return new Date(first ? Math.min(usual, first.getTime() - DAY) : usual)
}
