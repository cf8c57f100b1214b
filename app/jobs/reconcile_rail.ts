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

/** Compares the last days of a rail with our ledger. Each day is looked at several times. */
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
        period: { from: new Date(to.getTime() - RECONCILED_DAYS * 86_400_000), to },
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
