import { lapseDisputes } from './resources/disputes.js'
import { expireOrders } from './resources/orders.js'
import { processPayouts } from './resources/payouts.js'
import type { World } from './world.js'

/** Does what has become due by the sandbox's clock. Runs before every request and once a second. */
export function tick(world: World): void {
  expireOrders(world)
  processPayouts(world)
  lapseDisputes(world)
  for (const kind of ['request_id', 'token'] as const) {
    for (const row of world.store.rows(kind)) {
      if (row.data.expiresAt <= world.clock.now) world.store.remove(kind, row.id)
    }
  }
  world.store.commit()
}
