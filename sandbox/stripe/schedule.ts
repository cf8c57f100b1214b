import { settleLateFees } from './resources/charges.js'
import { expireSessions } from './resources/checkout_sessions.js'
import { arrivePayouts } from './resources/payouts.js'
import { lapseDisputes } from './resources/disputes.js'
import { settleRefunds } from './resources/refunds.js'
import { arriveTopUps } from './resources/topups.js'
import type { World } from './world.js'

const KEY_KEPT_MS = 24 * 3_600_000

/** Does what has become due by the sandbox's clock. Runs before every request and once a second. */
export function tick(world: World): void {
  world.ledger.mature()
  settleLateFees(world)
  expireSessions(world)
  settleRefunds(world)
  arrivePayouts(world)
  arriveTopUps(world)
  lapseDisputes(world)
  for (const row of world.store.each('idempotency')) {
    // Oldest first: the first young one ends it.
    if (world.clock.now - row.data.createdAt < KEY_KEPT_MS) break
    world.store.remove('idempotency', row.id)
  }
  world.store.commit()
}
