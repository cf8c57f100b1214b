import type { Period, ProviderEvent } from '#payments/provider'
import { parsePaypalEvent } from './events.js'
import { followingPages } from './pages.js'

const PAGE_SIZE = 100

interface EventList {
  events?: Record<string, unknown>[]
  links?: { href?: string; rel?: string }[]
}

/** Every event of a period, whether it was delivered or not: PayPal does not let us ask for the others. */
export async function* listEvents({
  from,
  to,
}: Period): AsyncGenerator<{ event: ProviderEvent; payload: Record<string, unknown> }> {
  const query = {
    start_time: from.toISOString(),
    end_time: to.toISOString(),
    page_size: PAGE_SIZE,
  }
  const pages = followingPages<EventList>('/v1/notifications/webhooks-events', query)
  for await (const { events = [] } of pages) {
    for (const payload of events) yield { event: parsePaypalEvent(payload), payload }
  }
}
