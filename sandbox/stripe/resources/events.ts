import { endpoint } from '../endpoint.js'
import { boolean, listOf as many, string } from '../fields.js'
import { dated, listOf } from '../lists.js'

const KEPT_SECONDS = 30 * 24 * 3600

export const eventEndpoints = [
  endpoint('GET', '/v1/events/{id}', {}, ({ world, path, owner }) => {
    return world.find('event', path.id, owner).data
  }),
  endpoint(
    'GET',
    '/v1/events',
    { ...dated, delivery_success: boolean, type: string, types: many(string) },
    (call) => {
      const { delivery_success: success, type, types } = call.params
      const wanted = types ?? (type === undefined ? undefined : [type])
      const since = call.world.clock.seconds - KEPT_SECONDS
      return listOf('event', call, '/v1/events', (event) => {
        return (
          event.created >= since &&
          (success === undefined || success === (event.pending_webhooks === 0)) &&
          (wanted === undefined || wanted.some((each) => isOf(event.type, each)))
        )
      })
    }
  ),
]

/** `transfer.*` names a group of types, and `*` all. */
function isOf(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted
}
