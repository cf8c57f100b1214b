import type { Clock } from '../common/clock.js'
import { failure, invalidParam } from './errors.js'
import type { Store } from './store.js'

/** What a key remembers. `createdAt` is in sandbox milliseconds. */
export interface StoredAnswer {
  fingerprint: string
  status: number
  body: string
  requestId: string
  createdAt: number
}

const KEPT_MS = 24 * 3_600_000

/** Idempotency keys of the v1 API: one frozen answer per account and key, for 24 hours. */
export class Idempotency {
  #running = new Set<string>()

  constructor(
    private store: Store,
    private clock: Clock
  ) {}

  /**
   * The answer stored under a key, or undefined if the request is to run now. A request that runs
   * holds its key until `release`.
   *
   * @throws StripeFailure 409 while another request with the key runs; 400 `idempotency_error` when
   * the key was used with other parameters
   */
  claim(owner: string, key: string, fingerprint: string): StoredAnswer | undefined {
    if (key.length > 255) {
      throw invalidParam(undefined, 'Idempotency keys can be at most 255 characters long.')
    }
    const id = `${owner}/${key}`
    if (this.#running.has(id)) {
      throw failure(
        409,
        {
          // Not `idempotency_error`: that type is for other parameters under a used key.
          type: 'invalid_request_error',
          code: 'idempotency_key_in_use',
          message: `There is currently another in-progress request using this Stripe Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}.`,
        },
        false
      )
    }
    const stored = this.#stored(id)
    if (stored && stored.fingerprint !== fingerprint) {
      throw failure(
        400,
        {
          type: 'idempotency_error',
          message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
        },
        false
      )
    }
    if (!stored) this.#running.add(id)
    return stored
  }

  remember(owner: string, key: string, answer: Omit<StoredAnswer, 'createdAt'>): void {
    this.store.add('idempotency', `${owner}/${key}`, { ...answer, createdAt: this.clock.now })
  }

  release(owner: string, key: string): void {
    this.#running.delete(`${owner}/${key}`)
  }

  clear(): void {
    this.#running.clear()
  }

  #stored(id: string): StoredAnswer | undefined {
    const row = this.store.get('idempotency', id)
    if (row && this.clock.now - row.data.createdAt >= KEPT_MS) {
      this.store.remove('idempotency', id)
      return undefined
    }
    return row?.data
  }
}
