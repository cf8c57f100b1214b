import type { RecordedExample } from '#openapi/build_document'
import { recordedExamples } from '#openapi/recorded_examples'

const CHANNEL = 'users/019a4355-0000-7000-8000-000000000001/notifications'
const SUBSCRIPTION = { uid: '6f1c2a54-3a5e-4b6e-9a37-2f4f3c1d9b10', channel: CHANNEL }

const aWebhook = (event: object): readonly RecordedExample[] => [
  { request: event, status: 200, response: { received: true } },
]
const STRIPE_EVENT = {
  id: 'evt_Example',
  object: 'event',
  type: 'payment_intent.succeeded',
  livemode: false,
  data: { object: { id: 'pi_Example', object: 'payment_intent' } },
}
const PAYPAL_EVENT = {
  id: 'WH-Example',
  event_type: 'PAYMENT.CAPTURE.COMPLETED',
  resource_type: 'capture',
  resource: { id: 'CAPTURE-Example', status: 'COMPLETED' },
}

/** The answer of the first example, while the provider says nothing. */
function unanswered(route: string, change: object): RecordedExample {
  const { data } = recordedExamples[route][0].response as { data: object }
  return {
    title: 'The provider has not answered yet',
    status: 202,
    response: { data: { ...data, ...change } },
  }
}

/** What the recording leaves out: routes without JSON for a person, and days when others do not answer. */
const WRITTEN: Record<string, readonly RecordedExample[]> = {
  'GET /health/live': [{ status: 200, response: { status: 'ok', revision: 'unknown' } }],
  'GET /health/ready': [
    {
      status: 200,
      response: {
        status: 'ok',
        checks: {
          database: 'ok',
          migrations: 'ok',
          job_queue: 'ok',
          worker: 'ok',
          storage: 'ok',
          redis: 'ok',
          mail: 'warning',
        },
      },
    },
    {
      status: 503,
      response: {
        status: 'failed',
        checks: { database: 'error', migrations: 'ok', job_queue: 'ok' },
      },
    },
  ],
  'GET /__transmit/events': [
    {
      status: 200,
      response:
        `data: {"channel":"$$transmit/ping","payload":{}}\n\n` +
        `data: ${JSON.stringify({
          channel: CHANNEL,
          payload: {
            id: '019a4355-0000-7000-8000-000000000041',
            seq: 7,
            kind: 'milestone.submitted',
            title: 'Work submitted',
            body: 'Frank Example submitted work for "Design". Review it.',
            data: {},
            read_at: null,
            created_at: '2026-11-02T09:30:00.000Z',
          },
        })}\n\n`,
    },
  ],
  'POST /api/payments/deposit': [
    unanswered('POST /api/payments/deposit', { provider_transaction_id: '', client_action: null }),
  ],
  'POST /api/payments/payout-accounts': [
    unanswered('POST /api/payments/payout-accounts', { destination: '', status: 'pending' }),
  ],
  'POST /__transmit/subscribe': [{ request: SUBSCRIPTION, status: 204 }],
  'POST /__transmit/unsubscribe': [{ request: SUBSCRIPTION, status: 204 }],
  'POST /api/notifications/unsubscribe': [
    { status: 200, response: { data: { category: 'messages', email: false } } },
  ],
  'POST /api/webhooks/stripe': aWebhook(STRIPE_EVENT),
  'POST /api/webhooks/stripe/connect': aWebhook({ ...STRIPE_EVENT, account: 'acct_Example' }),
  'POST /api/webhooks/paypal': aWebhook(PAYPAL_EVENT),
  'POST /api/webhooks/venmo': aWebhook(PAYPAL_EVENT),
}

/** Requests that are accepted, and what they are answered with. */
export function examplesOf(route: string): readonly RecordedExample[] {
  return [...(recordedExamples[route] ?? []), ...(WRITTEN[route] ?? [])]
}
