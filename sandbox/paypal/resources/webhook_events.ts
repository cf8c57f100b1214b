import { endpoint, ok, type Call, type Reply } from '../endpoint.js'
import { invalid, missing } from '../errors.js'
import { DAY } from '../options.js'
import type { WebhookEvent } from '../shapes.js'
import { isSigned, signedText } from '../signature.js'
import type { Row } from '../store.js'
import type { World } from '../world.js'

export const webhookEventEndpoints = [
  endpoint('POST', '/v1/notifications/verify-webhook-signature', verifySignature),
  endpoint('GET', '/v1/notifications/webhooks-events', list),
  endpoint('GET', '/v1/notifications/webhooks-events/{event_id}', ({ world, path }) =>
    ok(world.find('event', path.event_id).data)
  ),
  endpoint('POST', '/v1/notifications/webhooks-events/{event_id}/resend', resend),
]

const VERIFIED_FIELDS = [
  'auth_algo',
  'cert_url',
  'transmission_id',
  'transmission_sig',
  'transmission_time',
  'webhook_id',
  'webhook_event',
]

/**
 * Whether a delivery is the sandbox's own. The event is written out again to compute its checksum, so
 * it has to come with its fields in the order in which it was sent.
 */
function verifySignature({ world, body }: Call): Reply {
  for (const name of VERIFIED_FIELDS) {
    if (body[name] === undefined) throw invalid('MISSING_REQUIRED_PARAMETER', `/${name}`)
  }
  const text = signedText(
    String(body.transmission_id),
    String(body.transmission_time),
    String(body.webhook_id),
    JSON.stringify(body.webhook_event)
  )
  const genuine =
    body.auth_algo === 'SHA256withRSA' &&
    body.cert_url === world.certUrl &&
    world.webhooks.endpoints.some(({ id }) => id === body.webhook_id) &&
    isSigned(text, String(body.transmission_sig), world.keyPair)
  return ok({ verification_status: genuine ? 'SUCCESS' : 'FAILURE' })
}

/**
 * Newest first. The document has a page size and no page: the next one begins where `end_time` and the
 * event in the link say.
 */
function list({ world, query }: Call): Reply {
  const { event_type: type, transaction_id: transaction, next_event_id: nextId } = query
  const size = Number(query.page_size ?? 10)
  if (!(size >= 1)) throw invalid('INVALID_PARAMETER_VALUE', 'page_size', 'query')
  // Events are kept for 30 days.
  const oldest = world.clock.now - 30 * DAY
  const from = Math.max(timeOf(query.start_time, 'start_time') ?? oldest, oldest)
  const to = timeOf(query.end_time, 'end_time') ?? world.clock.now
  const found = world.store
    .rows('event')
    .filter(({ data, hidden: { createdAt = 0 } }) => {
      const about = !transaction || JSON.stringify(data.resource).includes(`"${transaction}"`)
      return createdAt >= from && createdAt <= to && about && (!type || data.event_type === type)
    })
    .reverse()
  const first = nextId
    ? Math.max(
        found.findIndex(({ id }) => id === nextId),
        0
      )
    : 0
  const page = found.slice(first, first + size)
  const following = found.at(first + size)
  const at = (rel: string, more: Record<string, string> = {}) =>
    world.link(
      rel,
      `/v1/notifications/webhooks-events?${new URLSearchParams({ ...query, ...more })}`
    )
  return ok({
    events: page.map(({ data }) => data),
    count: page.length,
    links: [at('self'), ...(following ? [at('next', { next_event_id: following.id })] : [])],
  })
}

function timeOf(text: string | undefined, field: string): number | undefined {
  if (text === undefined) return undefined
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw invalid('INVALID_PARAMETER_SYNTAX', field, 'query')
  return at
}

function resend({ world, path, body }: Call): Reply {
  const row = world.find('event', path.event_id)
  world.webhooks.resend(row.id, listening(world, row, body.webhook_ids as string[] | undefined))
  return { status: 202, body: row.data }
}

function listening(world: World, { data }: Row<'event'>, ids: string[] | undefined) {
  const all = world.webhooks.listening(data as WebhookEvent)
  if (!ids) return all
  const named = all.filter(({ id }) => ids.includes(id))
  if (named.length < ids.length) throw missing()
  return named
}
