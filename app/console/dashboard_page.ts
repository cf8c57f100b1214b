import { chartsOf, readDays, SERIES } from '#console/dashboard_days'
import { DUE_KINDS, readDue } from '#console/dashboard_due'
import { readHealth } from '#console/dashboard_health'
import { readMoney, readPositions } from '#console/dashboard_money'
import { countPayouts } from '#console/payouts_page'
import { readRails } from '#console/reconciliation_page'

/**
 * How everything stands: what is held and on its way, what waits for somebody, how the rails compare with
 * our books, the last 30 days, and whether the machinery keeps up. A constant number of queries, side by side.
 */
export async function readDashboard() {
  const [figures, due, rails, positions, days, health, payouts] = await Promise.all([
    readMoney(),
    readDue(),
    readRails(),
    readPositions(),
    readDays(),
    readHealth(),
    countPayouts(),
  ])
  const payoutsThatAre = (state: string) =>
    payouts.reduce((sum, { shown, count }) => (shown === state ? sum + count : sum), 0)
  return {
    figures,
    ...due,
    kinds: DUE_KINDS,
    payouts: {
      failed: payoutsThatAre('failed'),
      returned: payoutsThatAre('returned'),
      unclaimed: payoutsThatAre('unclaimed'),
    },
    breaks: rails.reduce((sum, { open }) => sum + open, 0),
    rails,
    positions,
    charts: chartsOf(days),
    series: SERIES,
    health,
  }
}
