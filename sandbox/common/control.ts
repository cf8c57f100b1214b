import type { FaultKind, FaultPlan, Hold } from './faults.js'
import type { SideDoor } from './http.js'
import type { WebhookMode } from './webhooks.js'

export type Body = Record<string, unknown>
export type Control = (body: Body, query: URLSearchParams) => unknown

/** A value that a control needs. */
export function text(body: Body, name: string): string {
  if (typeof body[name] === 'string') return body[name]
  throw new TypeError(`"${name}" must be a string`)
}

/** A value that a control may do without. */
export function optional<T>(body: Body, name: string): T | undefined {
  return body[name] as T | undefined
}

/** What the controls of every stand-in work on. */
interface Controlled<Event extends { id: string }, Endpoint, Kind> {
  readonly events: Event[]
  readonly requestLog: unknown[]
  readonly now: number
  readonly views: Map<string, () => unknown>
  all(kind: Kind): unknown[]
  effects(kind: Kind): number
  advance(milliseconds: number): void
  failNext(on: string, plan: FaultPlan): void
  clearFaults(): void
  hold(on: string, options: { at: 'before' | 'after' }): Hold
  setWebhooks(endpoints: Endpoint[]): void
  webhookMode(mode: WebhookMode<Event>): void
  flushWebhooks(): Promise<void>
  deliver(event: Event, options: { times: number }): Promise<number[]>
  reset(): Promise<void>
}

/**
 * The controls of a sandbox over HTTP, for other processes: `POST /_sandbox/{name}` with JSON in and
 * out, `GET` to look. They are the methods of its class; functions among their options are given as
 * data.
 *
 * @param own what only this vendor's sandbox can do and show
 * @param refused the status and body of an error that is the API's own
 */
export function controls<Event extends { id: string }, Endpoint, Kind>(
  sandbox: Controlled<Event, Endpoint, Kind>,
  own: { actions: Record<string, Control>; views?: Record<string, Control> },
  refused: (error: unknown) => { status: number; body: unknown } | undefined
): SideDoor {
  const actions: Record<string, Control> = { ...shared(sandbox), ...own.actions }
  const kind = (query: URLSearchParams) => (query.get('kind') ?? 'event') as Kind
  const views: Record<string, Control> = {
    requests: () => sandbox.requestLog,
    state: (_, query) => sandbox.all(kind(query)),
    effects: (_, query) => ({ count: sandbox.effects(kind(query)) }),
    clock: () => ({ now: sandbox.now }),
    health: () => ({ status: 'ok' }),
    ...own.views,
  }
  return async ({ method, path, query, body }) => {
    if (!path.startsWith('/_sandbox/')) return undefined
    const name = path.slice('/_sandbox/'.length)
    const act = method === 'GET' ? (views[name] ?? sandbox.views.get(name)) : actions[name]
    if (!act) return undefined
    try {
      return json(200, (await act(body ? (JSON.parse(body) as Body) : {}, query)) ?? { ok: true })
    } catch (error) {
      const said = refused(error)
      if (said) return json(said.status, said.body)
      return json(400, { error: { type: 'sandbox_error', message: (error as Error).message } })
    }
  }
}

function shared<Event extends { id: string }, Endpoint, Kind>(
  sandbox: Controlled<Event, Endpoint, Kind>
): Record<string, Control> {
  const holds = new Map<string, { hold: Hold; arrived: boolean }>()
  const at = (body: Body) => (body.at === 'before' ? 'before' : 'after')
  return {
    advance: (body) => {
      sandbox.advance(Number(body.ms ?? 0))
      return { now: sandbox.now }
    },
    fail_next: ({ on, match, ...plan }) => {
      const wanted = match as Record<string, string> | undefined
      sandbox.failNext(text({ on }, 'on'), {
        ...plan,
        at: at(plan),
        with: plan.with as FaultKind,
        // Over HTTP, a match names parameters and their values.
        match:
          wanted &&
          ((params) => Object.entries(wanted).every(([key, value]) => params[key] === value)),
      })
    },
    clear_faults: () => sandbox.clearFaults(),
    hold: (body) => {
      const id = String(holds.size + 1)
      const held = { hold: sandbox.hold(text(body, 'on'), { at: at(body) }), arrived: false }
      holds.set(id, held)
      void held.hold.arrived.then(() => (held.arrived = true))
      return { hold: id }
    },
    held: (body) => ({ arrived: holds.get(text(body, 'hold'))?.arrived ?? false }),
    release: (body) => holds.get(text(body, 'hold'))?.hold.release(),
    webhooks: (body) => sandbox.setWebhooks(body.endpoints as Endpoint[]),
    webhook_mode: (body) => sandbox.webhookMode(body as WebhookMode<Event>),
    flush_webhooks: () => sandbox.flushWebhooks(),
    deliver: (body) => {
      const event = sandbox.events.find(({ id }) => id === body.event)
      if (!event) throw new TypeError('"event" must be the id of an event')
      return sandbox.deliver(event, { times: optional<number>(body, 'times') ?? 1 })
    },
    reset: () => sandbox.reset(),
  }
}

function json(status: number, value: unknown) {
  const headers = { 'content-type': 'application/json' }
  return { status, headers, body: JSON.stringify(value, null, 2) }
}
