import { setTimeout as sleep } from 'node:timers/promises'
import { seeded, shuffled } from './random.js'
import type { Kept } from './store.js'

/** One event owed to one endpoint. */
export interface Delivery {
  event: string
  url: string
  attempts: number
  /** Wall-clock milliseconds of the next attempt. */
  nextAt: number
}

/** How deliveries misbehave. Each call of `setMode` replaces the mode before. */
export interface WebhookMode<Event> {
  delayMs?: number
  /** How many times more each event is sent. */
  duplicate?: number
  /** Seed of a random order. */
  shuffle?: number
  /** Events that no endpoint ever gets; by function, by type, or all. */
  drop?: ((event: Event) => boolean) | string[] | 'all'
  /** Nothing leaves until `flush`. */
  paused?: boolean
}

/** A webhook as it goes out. */
export interface Outgoing {
  body: string
  headers: Record<string, string>
}

/** What differs from vendor to vendor. */
export interface WebhookRules<Event, Endpoint> {
  typeOf(event: Event): string
  listens(endpoint: Endpoint, event: Event): boolean
  /** Signs an event for an endpoint, once for every attempt. */
  signed(event: Event, endpoint: Endpoint): Outgoing
  newId(): string
  /** So many endpoints have to get it. */
  owed?(event: Event, endpoints: number): void
  /** One endpoint has accepted it. */
  accepted?(event: Event): void
}

type EventRow<Event> = Kept<'event', Event>
type DeliveryRow = Kept<'delivery', Delivery>

/** The part of a store that keeps events and what is owed of them. */
interface WebhookStore<Event> {
  get(kind: 'event', id: string): EventRow<Event> | undefined
  get(kind: 'delivery', id: string): DeliveryRow | undefined
  rows(kind: 'delivery'): DeliveryRow[]
  each(kind: 'delivery'): Iterable<DeliveryRow>
  add(kind: 'delivery', id: string, data: Delivery): DeliveryRow
  save(row: DeliveryRow): void
  save(row: EventRow<Event>): void
  remove(kind: 'delivery', id: string): void
  commit(): void
}

const PARALLEL = 8
const ANSWER_WITHIN_MS = 10_000

/** Queue of events owed to endpoints; sends, retries with growing waits, and finally gives up. */
export class Webhooks<Event, Endpoint extends { url: string }> {
  #mode: WebhookMode<Event> = {}
  #random = seeded(1)
  #busy = new Set<string>()
  #timer?: NodeJS.Timeout
  #running = false

  /** @param retryDelaysMs waits between attempts; after the last one an event is given up */
  constructor(
    private store: WebhookStore<Event>,
    private rules: WebhookRules<Event, Endpoint>,
    public endpoints: Endpoint[],
    private retryDelaysMs: number[]
  ) {}

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

  setMode(mode: WebhookMode<Event>): void {
    this.#mode = mode
    this.#random = seeded(mode.shuffle ?? 1)
    this.#schedule()
  }

  /** Owes an event to every endpoint that listens for it. */
  enqueue(row: EventRow<Event>): void {
    const { drop, delayMs = 0, shuffle } = this.#mode
    const listening = this.listening(row.data)
    this.rules.owed?.(row.data, listening.length)
    const type = this.rules.typeOf(row.data)
    if (typeof drop === 'function' ? drop(row.data) : drop === 'all' || drop?.includes(type)) return
    for (const { url } of listening) {
      const jitter = shuffle === undefined ? 0 : Math.floor(this.#random() * 60)
      this.#owe(row.id, url, Date.now() + delayMs + jitter)
    }
    this.#schedule()
  }

  /** Owes an event again, whatever became of it, to those endpoints. */
  resend(event: string, endpoints: Endpoint[]): void {
    for (const { url } of endpoints) this.#owe(event, url, Date.now())
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
  async deliver(event: Event, times = 1): Promise<number[]> {
    const statuses: number[] = []
    for (let i = 0; i < times; i++) {
      for (const endpoint of this.listening(event)) statuses.push(await this.#send(event, endpoint))
    }
    return statuses
  }

  /** The endpoints that get an event. */
  listening(event: Event): Endpoint[] {
    return this.endpoints.filter((endpoint) => this.rules.listens(endpoint, event))
  }

  #owe(event: string, url: string, nextAt: number): void {
    this.store.add('delivery', this.rules.newId(), { event, url, attempts: 0, nextAt })
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

  async #attempt(row: DeliveryRow): Promise<void> {
    // Delivered since it was picked, by the timer or by `flush`.
    if (this.store.get('delivery', row.id) !== row) return
    const event = this.store.get('event', row.data.event)
    const endpoint = this.endpoints.find(({ url }) => url === row.data.url)
    if (!event || !endpoint) return this.store.remove('delivery', row.id)
    this.#busy.add(row.id)
    let delivered = false
    for (let i = 0; i <= (this.#mode.duplicate ?? 0); i++) {
      const status = await this.#send(event.data, endpoint)
      delivered ||= status >= 200 && status < 300
    }
    this.#busy.delete(row.id)
    // A reset while the request was out leaves nothing to record.
    if (this.store.get('delivery', row.id) !== row) return
    this.#record(row, event, delivered)
    this.store.commit()
  }

  #record(row: DeliveryRow, event: EventRow<Event>, delivered: boolean): void {
    const wait = this.retryDelaysMs[row.data.attempts++]
    if (delivered) {
      this.rules.accepted?.(event.data)
      this.store.save(event)
    }
    if (delivered || wait === undefined) return this.store.remove('delivery', row.id)
    row.data.nextAt = Date.now() + wait
    this.store.save(row)
  }

  /** Answers the status, or 0 if there was none. */
  async #send(event: Event, endpoint: Endpoint): Promise<number> {
    const { body, headers } = this.rules.signed(event, endpoint)
    try {
      const response = await fetch(endpoint.url, {
        method: 'POST',
        body,
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      })
      await response.arrayBuffer()
      return response.status
    } catch {
      return 0
    }
  }
}
