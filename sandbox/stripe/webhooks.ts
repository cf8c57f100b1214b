import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ResolvedOptions, WebhookEndpoint } from './options.js'
import { newId, type Row, type Store, type StoredEvent } from './store.js'

/** One event owed to one endpoint. */
export interface Delivery {
  event: string
  url: string
  attempts: number
  /** Wall-clock milliseconds of the next attempt. */
  nextAt: number
}

/** How deliveries misbehave. Each call of `setMode` replaces the mode before. */
export interface WebhookMode {
  delayMs?: number
  /** How many times more each event is sent. */
  duplicate?: number
  /** Seed of a random order. */
  shuffle?: number
  /** Events that no endpoint ever gets; by function, or by type. */
  drop?: ((event: StoredEvent) => boolean) | string[]
  /** Nothing leaves until `flush`. */
  paused?: boolean
}

const PARALLEL = 8
const ANSWER_WITHIN_MS = 10_000

/** Queue of events owed to endpoints; sends, retries with growing waits, and finally gives up. */
export class Webhooks {
  endpoints: WebhookEndpoint[]
  #mode: WebhookMode = {}
  #random = seeded(1)
  #busy = new Set<string>()
  #timer?: NodeJS.Timeout
  #running = false

  constructor(
    private store: Store,
    private options: ResolvedOptions
  ) {
    this.endpoints = options.webhooks
  }

  start(): void {
    this.#running = true
    this.#schedule()
  }

  stop(): void {
    this.#running = false
    clearTimeout(this.#timer)
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#mode = {}
    this.#busy.clear()
  }

  setMode(mode: WebhookMode): void {
    this.#mode = mode
    this.#random = seeded(mode.shuffle ?? 1)
    this.#schedule()
  }

  /** Owes an event to every endpoint that listens for it. */
  enqueue(row: Row<'event'>): void {
    const { drop, delayMs = 0, shuffle } = this.#mode
    const listening = this.#listening(row.data)
    row.data.pending_webhooks = listening.length
    const dropped = Array.isArray(drop) ? drop.includes(row.data.type) : drop?.(row.data)
    if (dropped) return
    for (const { url } of listening) {
      const jitter = shuffle === undefined ? 0 : Math.floor(this.#random() * 60)
      const nextAt = Date.now() + delayMs + jitter
      this.store.add('delivery', newId('dlv'), { event: row.id, url, attempts: 0, nextAt })
    }
    this.#schedule()
  }

  /**
   * Delivers everything owed now, without its waits, also when paused. Resolves when each event was
   * accepted or given up, including events that arise meanwhile.
   */
  async flush(): Promise<void> {
    for (;;) {
      const owed = this.store.rows('delivery').filter((row) => !this.#busy.has(row.id))
      if (owed.length === 0 && this.#busy.size === 0) return
      if (this.#mode.shuffle !== undefined) shuffled(owed, this.#random)
      for (const row of owed) if (!this.#busy.has(row.id)) await this.#attempt(row)
      if (owed.length === 0) await sleep(5)
    }
  }

  /** Sends one event to its endpoints, however often it was sent before. Returns the statuses. */
  async deliver(event: StoredEvent, times = 1): Promise<number[]> {
    const statuses: number[] = []
    for (let i = 0; i < times; i++) {
      for (const endpoint of this.#listening(event)) statuses.push(await send(event, endpoint))
    }
    return statuses
  }

  #listening(event: StoredEvent): WebhookEndpoint[] {
    return this.endpoints.filter(({ connect = false }) => connect === Boolean(event.account))
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (!this.#running || this.#mode.paused) return
    let next = Number.POSITIVE_INFINITY
    for (const row of this.store.each('delivery')) {
      if (!this.#busy.has(row.id)) next = Math.min(next, row.data.nextAt)
    }
    if (next === Number.POSITIVE_INFINITY) return
    // Timers take 32 bits; anything later is looked at again in an hour.
    const wait = Math.min(Math.max(next - Date.now(), 0), 3_600_000)
    this.#timer = setTimeout(() => this.#pump(), wait)
    this.#timer.unref()
  }

  #pump(): void {
    if (!this.#running || this.#mode.paused) return
    for (const row of this.store.rows('delivery')) {
      if (this.#busy.size >= PARALLEL) return
      if (!this.#busy.has(row.id) && row.data.nextAt <= Date.now()) {
        void this.#attempt(row).finally(() => this.#schedule())
      }
    }
    this.#schedule()
  }

  async #attempt(row: Row<'delivery'>): Promise<void> {
    const event = this.store.get('event', row.data.event)
    const endpoint = this.endpoints.find(({ url }) => url === row.data.url)
    if (!event || !endpoint) return this.store.remove('delivery', row.id)
    this.#busy.add(row.id)
    let delivered = false
    for (let i = 0; i <= (this.#mode.duplicate ?? 0); i++) {
      const status = await send(event.data, endpoint)
      delivered ||= status >= 200 && status < 300
    }
    this.#busy.delete(row.id)
    // A reset while the request was out leaves nothing to record.
    if (this.store.get('delivery', row.id) !== row) return
    this.#record(row, event, delivered)
    this.store.commit()
  }

  #record(row: Row<'delivery'>, event: Row<'event'>, delivered: boolean): void {
    const wait = this.options.webhookRetryDelaysMs[row.data.attempts++]
    if (delivered) {
      event.data.pending_webhooks -= 1
      this.store.save(event)
    }
    if (delivered || wait === undefined) return this.store.remove('delivery', row.id)
    row.data.nextAt = Date.now() + wait
    this.store.save(row)
  }
}

/** What a delivery carries: the raw body, and headers with its signature. */
export interface SignedPayload {
  body: string
  headers: { 'content-type': string; 'stripe-signature': string }
}

/**
 * Signs an event as Stripe does: HMAC-SHA256 over `${t}.${body}`.
 *
 * @param timestamp unix seconds. Of the wall clock, not the sandbox's, because receivers compare it
 * with theirs.
 */
export function signPayload(event: StoredEvent, secret: string, timestamp?: number): SignedPayload {
  const body = JSON.stringify(event, null, 2)
  const t = timestamp ?? Math.floor(Date.now() / 1000)
  const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')
  return {
    body,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': `t=${t},v1=${v1}`,
    },
  }
}

/** Answers the status, or 0 if there was none. */
async function send(event: StoredEvent, { url, secret }: WebhookEndpoint): Promise<number> {
  const { body, headers } = signPayload(event, secret)
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { ...headers, 'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)' },
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}

/** A small repeatable random source (mulberry32), so that a failing order can be run again. */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function shuffled<T>(list: T[], random: () => number): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const swap = list[i]
    list[i] = list[j]
    list[j] = swap
  }
}
