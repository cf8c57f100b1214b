import type { Clock } from './clock.js'
import { Faults, type FaultPlan, type Hold, type Target } from './faults.js'
import { HttpServer, type Exchange, type LogEntry, type ServedApi, type SideDoor } from './http.js'
import type { Due, Row, Store } from './store.js'
import type { WebhookMode, Webhooks } from './webhooks.js'

/** What a stand-in works on: state, time, and the way events leave. */
export interface StandInWorld<
  Kinds extends object,
  Hidden extends Due,
  Event,
  Endpoint extends { url: string },
> {
  url: string
  readonly clock: Clock
  readonly store: Store<Kinds, Hidden>
  readonly webhooks: Webhooks<Event, Endpoint>
  /** Back to its opening state. */
  reset(): void
}

/** A stand-in once its vendor's class has put it together. */
interface Parts<World, Plan, Entry> {
  world: World
  http: {
    log: Entry[]
    listeners: Set<(exchange: Exchange) => void>
    listen(port: number, address?: string): Promise<number>
    close(): Promise<void>
  }
  faults: {
    plan(on: string, plan: Plan): void
    hold(on: string, at: 'before' | 'after'): Hold
    clear(): void
  }
  endpoints: { method: string; template: string }[]
  /** Forgets what is under way, on a reset. */
  forget(): void
  /** Does what has become due by the sandbox's clock. */
  tick(): void
}

/**
 * What every stand-in is, whoever's it is: a server with state, a clock of its own, faults and webhooks
 * on demand, and a log. It holds no opinion about its caller.
 */
export abstract class StandIn<
  Kinds extends { event: Event },
  Hidden extends Due,
  Event,
  Endpoint extends { url: string },
  Params,
  Plan extends FaultPlan<Params>,
  Entry extends LogEntry<Params>,
> {
  /** More that `GET /_sandbox/{name}` shows. */
  readonly views = new Map<string, () => unknown>()
  #parts?: Parts<StandInWorld<Kinds, Hidden, Event, Endpoint>, Plan, Entry>
  #timer?: NodeJS.Timeout

  /**
   * Called once by the vendor's class, whose side doors refer to the stand-in itself.
   *
   * @param doors what is served besides the API, in the order in which it is asked
   */
  protected assemble<Request extends Target<Params>>(
    world: StandInWorld<Kinds, Hidden, Event, Endpoint>,
    api: ServedApi<Params, Request, Entry, Plan> & {
      endpoints: { method: string; template: string }[]
      forget(): void
    },
    doors: SideDoor[],
    tick: () => void
  ): void {
    const faults = new Faults<Params, Plan>()
    const http = new HttpServer(api, faults, doors)
    const { endpoints } = api
    this.#parts = { world, http, faults, endpoints, forget: () => api.forget(), tick }
  }

  /** Where it listens, such as `http://127.0.0.1:12111`; empty before `start`. */
  get url(): string {
    return this.#made.world.url
  }

  /**
   * @param port 0 takes any free one
   * @param host by which browsers and SafeSend on other machines reach us; without it, only this one does
   */
  async start(port = 0, host?: string): Promise<void> {
    const { world, http, tick } = this.#made
    const taken = await http.listen(port, host && '0.0.0.0')
    world.url = `http://${host ?? '127.0.0.1'}:${taken}`
    world.webhooks.start()
    this.#timer = setInterval(tick, 1000)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    const { world, http } = this.#made
    clearInterval(this.#timer)
    world.webhooks.stop()
    await http.close()
    world.store.close()
  }

  /** Back to the opening float alone. Port and webhook endpoints stay. */
  async reset(): Promise<void> {
    const { world, http, faults, forget } = this.#made
    faults.clear()
    forget()
    http.log.length = 0
    world.reset()
  }

  /** The current objects of a kind, oldest first, as the API shows them. */
  all<K extends keyof Kinds & string>(kind: K): Kinds[K][] {
    return this.#made.world.store.rows(kind).map((row) => row.data)
  }
  get events(): Event[] {
    return this.all('event')
  }
  /** What it can be asked, as method and path. */
  get operations(): string[] {
    return this.#made.endpoints.map(({ method, template }) => `${method} ${template}`)
  }
  get requestLog(): Entry[] {
    return this.#made.http.log
  }

  /** How many objects of a kind were ever created since the last reset. */
  effects(kind: keyof Kinds & string): number {
    return this.#made.world.store.count(kind)
  }

  /** The sandbox's own time in milliseconds. */
  get now(): number {
    return this.#made.world.clock.now
  }
  advance(milliseconds: number): void {
    this.#made.world.clock.advance(milliseconds)
    this.#made.tick()
  }

  /** Plans a fault for the next request of a route, such as `POST /v1/transfers`. */
  failNext(on: string, plan: Plan): void {
    this.#made.faults.plan(on, plan)
  }

  /** Makes the next request of a route wait, so that a test can act meanwhile. */
  hold(on: string, { at = 'after' as 'before' | 'after' } = {}): Hold {
    return this.#made.faults.hold(on, at)
  }
  clearFaults(): void {
    this.#made.faults.clear()
  }

  get webhooks(): Endpoint[] {
    return this.#made.world.webhooks.endpoints
  }
  setWebhooks(endpoints: Endpoint[]): void {
    this.#made.world.webhooks.endpoints = endpoints
  }
  webhookMode(mode: WebhookMode<Event>): void {
    this.#made.world.webhooks.setMode(mode)
  }

  /** Delivers all that is owed now; resolves when each was accepted or given up. */
  async flushWebhooks(): Promise<void> {
    this.#made.tick()
    await this.#made.world.webhooks.flush()
  }

  /** Sends an event again. Returns the statuses of the answers. */
  async deliver(event: Event, { times = 1 } = {}): Promise<number[]> {
    return this.#made.world.webhooks.deliver(event, times)
  }

  /** Calls back with every request taken and answer given. Returns how to stop it. */
  onExchange(listener: (exchange: Exchange) => void): () => void {
    this.#made.http.listeners.add(listener)
    return () => this.#made.http.listeners.delete(listener)
  }

  protected row<K extends keyof Kinds & string>(kind: K, id: string): Row<Kinds, Hidden, K> {
    const row = this.#made.world.store.get(kind, id)
    if (!row) throw new Error(`The sandbox has no ${kind} ${id}`)
    return row
  }

  /** Runs a control, and keeps what it did. */
  protected did<T>(act: () => T): T {
    try {
      return act()
    } finally {
      this.#made.world.store.commit()
    }
  }

  get #made(): Parts<StandInWorld<Kinds, Hidden, Event, Endpoint>, Plan, Entry> {
    if (!this.#parts) throw new Error('A stand-in was used before it was put together')
    return this.#parts
  }
}
