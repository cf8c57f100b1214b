import type { Clock } from '../common/clock.js'
import type { Call, Endpoint, Reply } from './endpoint.js'
import { inProgress } from './errors.js'
import type { Store } from './store.js'

/** What a PayPal-Request-Id stands for. `expiresAt` is in sandbox milliseconds. */
export interface RequestIdUse {
  made: string
  expiresAt: number
}

/**
 * PayPal-Request-Id: kept for some time after the request has succeeded, and answered with the latest
 * state of what it made. A refusal is not kept. What PayPal does with another body under a used id is
 * not in its documents; here the id alone decides, so a caller that changes its mind under one id sees
 * the first effect and no second one.
 */
export class RequestIds {
  #running = new Set<string>()

  constructor(
    private store: Store,
    private clock: Clock
  ) {}

  /**
   * Answers a request whose id has been used, or undefined if it is to run now and hold its id.
   *
   * @throws PayPalFailure 409 while another request with the id runs
   */
  again(call: Call, { method, template, keyed }: Endpoint): Reply | undefined {
    if (!keyed || !call.requestId) return undefined
    const id = keyOf(method, template, call)
    if (this.#running.has(id)) throw inProgress()
    const row = this.store.get('request_id', id)
    if (row && row.data.expiresAt > this.clock.now) return keyed.again(call, row.data.made)
    this.#running.add(id)
    return undefined
  }

  remember(call: Call, { method, template, keyed }: Endpoint, { made }: Reply): void {
    if (!keyed || !call.requestId || !made) return
    const id = keyOf(method, template, call)
    this.store.remove('request_id', id)
    this.store.add('request_id', id, { made, expiresAt: this.clock.now + keyed.keptMs })
  }

  release(call: Call, { method, template }: Endpoint): void {
    this.#running.delete(keyOf(method, template, call))
  }

  clear(): void {
    this.#running.clear()
  }
}

/** An id is one of its own for every resource. */
function keyOf(method: string, template: string, { path, requestId }: Call): string {
  return `${method} ${template} ${JSON.stringify(path)} ${requestId ?? ''}`
}
