import type { ServerResponse } from 'node:http'

/** Within so many milliseconds clients are back, each at its own moment, so that no process gets all at once. */
const BACK_WITHIN_MS = [500, 3000] as const

/**
 * Ends a stream of server-sent events whose process stops. Browsers and other clients of event streams come
 * back by themselves, after as long as they were told last.
 */
export function endSoon(response: ServerResponse): void {
  const [soonest, latest] = BACK_WITHIN_MS
  const retry = Math.round(soonest + Math.random() * (latest - soonest))
  response.write(`retry: ${retry}\n\n`, () => response.destroy())
}
