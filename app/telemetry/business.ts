import db from '@adonisjs/lucid/services/db'
import { readDue } from '#console/dashboard_due'
import { readHealth } from '#console/dashboard_health'
import { countPayouts } from '#console/payouts_page'
import { readRails } from '#console/reconciliation_page'
import { balancesByKind } from '#ledger/positions'
import type { GaugeName } from '#telemetry/instruments'

export interface Reading {
  gauge: GaugeName
  value: number
  attributes?: Record<string, string>
}

/** Which account kinds are behind which gauge. */
const MONEY: Record<string, GaugeName> = {
  escrow: 'safesend.escrow.held',
  payable: 'safesend.payable',
  payout_in_transit: 'safesend.payouts.in_transit',
  refund_in_transit: 'safesend.refunds.in_transit',
  refund_payable: 'safesend.refunds.owed',
  suspense: 'safesend.suspense',
}

const CASES = {
  approvals: 'approval',
  disputes: 'dispute',
  chargebacks: 'chargeback',
  holds: 'hold',
}

/** How everything stands, as the console's dashboard reads it. Seven queries. */
export async function readBusiness(): Promise<Reading[]> {
  const [balances, health, rails, payouts, { counts }] = await Promise.all([
    balancesByKind(db, Object.keys(MONEY)),
    readHealth(),
    readRails(),
    countPayouts(),
    readDue(),
  ])
  const count = (state: string) =>
    payouts.reduce((sum, each) => (each.shown === state ? sum + each.count : sum), 0)
  return [
    ...balances.map(({ kind, currency, balance }) => ({
      gauge: MONEY[kind],
      value: Number(balance),
      attributes: { currency },
    })),
    { gauge: 'safesend.outcomes.unknown', value: health.unknown },
    { gauge: 'safesend.outcomes.oldest_unknown_age', value: age(health.oldestUnknown) },
    { gauge: 'safesend.events.unhandled', value: health.events },
    { gauge: 'safesend.events.failed', value: health.failedEvents },
    { gauge: 'safesend.events.oldest_unhandled_age', value: age(health.oldestEvent) },
    { gauge: 'safesend.queue.depth', value: health.jobs },
    { gauge: 'safesend.queue.lag', value: age(health.oldestJob) },
    { gauge: 'safesend.queue.retrying', value: health.retrying },
    { gauge: 'safesend.queue.dead_letters', value: health.deadLetters },
    ...rails.map(({ rail, open }): Reading => ({
      gauge: 'safesend.breaks.open',
      value: open,
      attributes: { rail },
    })),
    // Before the first comparison there is nothing to be old.
    ...rails.flatMap(({ rail, lastRun }): Reading[] =>
      lastRun
        ? [{ gauge: 'safesend.reconciliation.age', value: age(lastRun), attributes: { rail } }]
        : []
    ),
    { gauge: 'safesend.payouts.failed', value: count('failed') },
    { gauge: 'safesend.payouts.returned', value: count('returned') },
    { gauge: 'safesend.payouts.unclaimed', value: count('unclaimed') },
    ...Object.entries(CASES).map(([kind, name]): Reading => ({
      gauge: 'safesend.due',
      value: counts[kind as keyof typeof CASES],
      attributes: { kind: name },
    })),
  ]
}

/** Seconds since then; none for what there is not. */
function age(since: Date | null): number {
  return since ? Math.max(0, (Date.now() - since.getTime()) / 1000) : 0
}
