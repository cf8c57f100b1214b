import { assertDocumented } from '#tests/support/documented'
import type { Fetch } from './frontend.js'

/** Somebody's way to the API. It can be lost, with all that was under way; every answer is as documented. */
export class Network {
  /** As `METHOD /path`, with the query. */
  readonly requests: string[] = []
  readonly #underWay = new Set<AbortController>()
  #isLost = false

  readonly fetch: Fetch = async (input, init) => {
    const request = new Request(input, init)
    const { pathname, search } = new URL(request.url)
    this.requests.push(`${request.method} ${pathname}${search}`)
    if (this.#isLost) throw gone()
    const connection = new AbortController()
    const signal = init?.signal ?? request.signal
    signal.addEventListener('abort', () => connection.abort(signal.reason))
    this.#underWay.add(connection)
    const response = await fetch(request, { signal: connection.signal })
    const contentType = response.headers.get('content-type') ?? ''
    const isStream = contentType.startsWith('text/event-stream')
    assertDocumented({
      method: request.method,
      path: pathname,
      status: response.status,
      contentType,
      body: isStream ? '' : await response.clone().text(),
    })
    return response
  }

  lose(): void {
    this.#isLost = true
    for (const connection of this.#underWay) connection.abort(gone())
    this.#underWay.clear()
  }

  restore(): void {
    this.#isLost = false
  }
}

/** No AbortError: nobody has given up. */
const gone = () => new TypeError('The network is gone.')
