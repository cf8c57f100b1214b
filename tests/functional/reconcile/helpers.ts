import db from '@adonisjs/lucid/services/db'
import { DateTime } from 'luxon'
import { inTransaction } from '#database/transaction'
import { recordTreasury } from '#escrow/record_treasury'
import { settings } from '#escrow/settings'
import type { Rail } from '#models/transaction'
import type { Provider } from '#payments/provider'
import { describeBreak } from '#payments/reconcile/describe'
import { breaksOfRun, readRun, type FoundBreak } from '#payments/reconcile/read_runs'
import { reconcileProvider, type ReconcileOptions } from '#payments/reconcile/reconcile_provider'
import { providerOfRail } from '#payments/registry'
import { OPERATOR } from '#tests/support/operator'

export const kinds = (breaks: FoundBreak[]) => breaks.map(({ kind }) => kind).toSorted()

/** What we put on the rail at the start, as our books have it: by what the provider calls it. */
export async function bookFloat(rail: Rail = 'stripe'): Promise<void> {
  for await (const row of providerOfRail(rail).listBalanceTransactions(aDay())) {
    await inTransaction((trx) =>
      recordTreasury(
        trx,
        {
          kind: 'opening_float',
          rail,
          amount: row.amount,
          reference: row.sourceId,
        },
        OPERATOR
      )
    )
  }
}

/** So much later than now that nothing is too young to be a break. */
export const later = () => DateTime.utc().plus({ hours: 4 }).toJSDate()

/** The period that everything in a test happens in. */
export const aDay = () => ({
  from: DateTime.utc().minus({ hours: 12 }).toJSDate(),
  to: DateTime.utc().plus({ hours: 1 }).toJSDate(),
})

/** What a run finds in it. */
export async function reconcile(
  options: Partial<ReconcileOptions> & { provider?: Partial<Provider>; rail?: Rail } = {}
) {
  const { provider, rail = 'stripe', ...rest } = options
  const limits = await settings(db)
  const id = await reconcileProvider(
    { ...providerOfRail(rail), ...provider },
    {
      period: aDay(),
      graceMinutes: limits.reconcile_grace_minutes,
      inTransitDays: limits.in_transit_days,
      asOf: later(),
      ...rest,
    }
  )
  const run = await readRun(db, id)
  const breaks = await breaksOfRun(db, id, 1000)
  return { run, breaks, told: breaks.map((one) => `${one.kind} ${describeBreak(one)}`) }
}
