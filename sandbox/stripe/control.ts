import { StripeFailure } from './errors.js'
import type { FaultKind, Hold } from './faults.js'
import type { SideDoor } from './http.js'
import type { StripeSandbox } from './index.js'
import type { NewDispute } from './resources/disputes.js'
import type { Kind } from './store.js'
import type { WebhookEndpoint } from './options.js'
import type { WebhookMode } from './webhooks.js'

type Body = Record<string, unknown>
type Control = (body: Body, query: URLSearchParams) => unknown

/**
 * The controls of the sandbox over HTTP, for other processes: `POST /_sandbox/{name}` with JSON in and
 * out. They are the methods of `StripeSandbox`; functions among their options are given as data.
 */
export function controls(sandbox: StripeSandbox): SideDoor {
  const holds = new Map<string, { hold: Hold; arrived: boolean }>()
  const text = (body: Body, name: string) => {
    if (typeof body[name] === 'string') return body[name]
    throw new TypeError(`"${name}" must be a string`)
  }
  const optional = <T>(body: Body, name: string) => body[name] as T | undefined
  const card = (body: Body) => ({ card: optional<string>(body, 'card') ?? 'pm_card_visa' })

  const actions: Record<string, Control> = {
    confirm: (body) => ({ succeeded: sandbox.confirm(text(body, 'payment_intent'), card(body)) }),
    authenticate: (body) => ({
      succeeded: sandbox.authenticate(text(body, 'payment_intent'), body.passed !== false),
    }),
    pay: (body) => ({ succeeded: sandbox.pay(text(body, 'session'), card(body)) }),
    complete_onboarding: (body) => sandbox.completeOnboarding(text(body, 'account')),
    restrict_account: (body) => sandbox.restrictAccount(text(body, 'account')),
    settle_fees: () => sandbox.settleFees(),
    settle_refund: (body) => sandbox.settleRefund(text(body, 'refund')),
    fail_refund: (body) => sandbox.failRefund(text(body, 'refund')),
    fail_payout: (body) => sandbox.failPayout(text(body, 'payout')),
    pay_automatically: (body) => ({ payout: sandbox.payAutomatically(text(body, 'account')) }),
    reverse_transfer: (body) => ({
      reversal: sandbox.reverseTransfer(text(body, 'transfer'), optional<number>(body, 'amount')),
    }),
    open_dispute: ({ charge, ...wanted }) => ({
      dispute: sandbox.openDispute(text({ charge }, 'charge'), wanted as NewDispute),
    }),
    close_dispute: (body) =>
      sandbox.closeDispute(text(body, 'dispute'), body.outcome === 'won' ? 'won' : 'lost'),
    escalate_inquiry: (body) => sandbox.escalateInquiry(text(body, 'dispute')),
    advance: (body) => {
      sandbox.advance(Number(body.ms ?? 0))
      return { now: sandbox.now }
    },
    fail_next: (body) => {
      const match = optional<Record<string, string>>(body, 'match')
      sandbox.failNext(text(body, 'on'), {
        at: body.at === 'before' ? 'before' : 'after',
        with: body.with as FaultKind,
        times: optional<number>(body, 'times'),
        replay500: body.replay500 === true,
        // Over HTTP, a match names parameters and their values.
        match:
          match &&
          ((params) => Object.entries(match).every(([key, value]) => params[key] === value)),
      })
    },
    clear_faults: () => sandbox.clearFaults(),
    hold: (body) => {
      const id = String(holds.size + 1)
      const hold = sandbox.hold(text(body, 'on'), { at: body.at === 'before' ? 'before' : 'after' })
      const held = { hold, arrived: false }
      holds.set(id, held)
      void hold.arrived.then(() => (held.arrived = true))
      return { hold: id }
    },
    held: (body) => ({ arrived: holds.get(text(body, 'hold'))?.arrived ?? false }),
    release: (body) => holds.get(text(body, 'hold'))?.hold.release(),
    webhooks: (body) => sandbox.setWebhooks(body.endpoints as WebhookEndpoint[]),
    webhook_mode: (body) => sandbox.webhookMode(body as WebhookMode),
    flush_webhooks: () => sandbox.flushWebhooks(),
    deliver: (body) => {
      const event = sandbox.events.find(({ id }) => id === body.event)
      if (!event) throw new TypeError('"event" must be the id of an event')
      return sandbox.deliver(event, { times: optional<number>(body, 'times') ?? 1 })
    },
    reset: () => sandbox.reset(),
  }
  const views: Record<string, Control> = {
    requests: () => sandbox.requestLog,
    state: (_, query) => sandbox.all((query.get('kind') ?? 'event') as Kind),
    effects: (_, query) => ({ count: sandbox.effects((query.get('kind') ?? 'event') as Kind) }),
    clock: () => ({ now: sandbox.now }),
    health: () => ({ status: 'ok' }),
  }

  return async ({ method, path, query, body }) => {
    if (!path.startsWith('/_sandbox/')) return undefined
    const name = path.slice('/_sandbox/'.length)
    const act = method === 'GET' ? (views[name] ?? sandbox.views.get(name)) : actions[name]
    if (!act) return undefined
    try {
      return json(200, (await act(body ? (JSON.parse(body) as Body) : {}, query)) ?? { ok: true })
    } catch (error) {
      if (error instanceof StripeFailure) return json(error.status, { error: error.body })
      return json(400, { error: { type: 'sandbox_error', message: (error as Error).message } })
    }
  }
}

function json(status: number, value: unknown) {
  const headers = { 'content-type': 'application/json' }
  return { status, headers, body: JSON.stringify(value, null, 2) }
}
