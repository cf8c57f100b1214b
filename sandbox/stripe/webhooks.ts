import { createHmac } from 'node:crypto'
import { Webhooks as Queue, type WebhookMode as CommonMode } from '../common/webhooks.js'
import type { ResolvedOptions, WebhookEndpoint } from './options.js'
import { newId, type Store, type StoredEvent } from './store.js'

export type WebhookMode = CommonMode<StoredEvent>

/** Stripe's way of sending events: one secret for each endpoint, and a count of who still wants it. */
export class Webhooks extends Queue<StoredEvent, WebhookEndpoint> {
  constructor(store: Store, options: ResolvedOptions) {
    super(
      store,
      {
        typeOf: ({ type }) => type,
        listens: ({ connect = false }, { account }) => connect === Boolean(account),
        signed: (event, { secret }) => {
          const { body, headers } = signPayload(event, secret)
          const agent = 'Stripe/1.0 (+https://stripe.com/docs/webhooks)'
          return { body, headers: { ...headers, 'user-agent': agent } }
        },
        newId: () => newId('dlv'),
        owed: (event, endpoints) => {
          event.pending_webhooks = endpoints
        },
        accepted: (event) => {
          event.pending_webhooks -= 1
        },
      },
      options.webhooks,
      options.webhookRetryDelaysMs
    )
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
