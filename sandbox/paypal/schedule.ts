import { lapseDisputes } from './resources/disputes.js'
import { expireOrders } from './resources/orders.js'
import { processPayouts } from './resources/payouts.js'
import type { World } from './world.js'

/** Does what has become due by the sandbox's clock. Runs before every request and once a second. */
export function tick(world: World): void {
  expireOrders(world)
  processPayouts(world)
  lapseDisputes(world)
  forget(world, 'request_id', world.clock.now)
  forget(world, 'token', Date.now())
  world.store.commit()
}

function forget(world: World, kind: 'request_id' | 'token', now: number): void {
  for (const { id, data } of world.store.rows(kind)) {
    if (data.expiresAt <= now) world.store.remove(kind, id)
  }
}
