import { endpoint } from '../endpoint.js'
import { boolean, listOf as many, string } from '../fields.js'
import { missing } from '../errors.js'
import { dated, listOf } from '../lists.js'
import type { StoredEvent } from '../store.js'
import type { World } from '../world.js'

const KEPT_SECONDS = 30 * 24 * 3600

export const eventEndpoints = [
  endpoint('GET', '/v1/events/{id}', {}, ({ world, path, owner }) => {
    const { data: event } = world.find('event', path.id, owner)
    if (!isKept(world, event)) throw missing('event', path.id)
    return seenBy(owner, event)
  }),
  endpoint(
    'GET',
    '/v1/events',
    { ...dated, delivery_success: boolean, type: string, types: many(string) },
    (call) => {
      const { delivery_success: success, type, types } = call.params
      const wanted = types ?? (type === undefined ? undefined : [type])
      const page = listOf('event', call, '/v1/events', (event) => {
        return (
          isKept(call.world, event) &&
          (success === undefined || success === (event.pending_webhooks === 0)) &&
          (wanted === undefined || wanted.some((each) => isOf(event.type, each)))
        )
      })
      return { ...page, data: page.data.map((event) => seenBy(call.owner, event)) }
    }
  ),
]

function isKept(world: World, event: StoredEvent): boolean {
  return event.created >= world.clock.seconds - KEPT_SECONDS
}

/** Whose it is says only what webhooks bring: who asks for an account's events knows. */
function seenBy(owner: string, { account, ...event }: StoredEvent): StoredEvent {
  return owner || !account ? event : { ...event, account }
}

/** `transfer.*` names a group of types, and `*` all. */
function isOf(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted
}
