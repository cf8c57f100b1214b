import { json, type Operation, type Operations } from '#openapi/operation'

const event = { type: 'object', description: 'An event, as the provider signs it.' }

function webhook(summary: string, description: string, signature: Operation['headers']): Operation {
  return {
    summary,
    description,
    tag: 'Operations',
    who: 'provider',
    headers: signature,
    body: { content: { 'application/json': event } },
    answers: {
      200: json(
        {
          type: 'object',
          properties: { received: { type: 'boolean', const: true } },
          required: ['received'],
          additionalProperties: false,
        },
        'It was taken in, now or before; what it means is found out later.'
      ),
    },
    problems: [
      'bad_signature',
      'bad_payload',
      'wrong_mode',
      'too_large',
      'provider_unavailable',
      ['provider_no_answer', 503],
    ],
  }
}

const stripe = {
  'Stripe-Signature': { type: 'string', description: 'Stripe’s signature of the body.' },
}
const paypal = {
  'Paypal-Transmission-Sig': {
    type: 'string',
    description: 'PayPal’s signature; its other `Paypal-` headers belong to it.',
  },
}

export const webhookOperations: Operations = {
  'POST /api/webhooks/stripe': webhook(
    'Stripe: events of the platform’s account',
    'Set its address up at Stripe.',
    stripe
  ),
  'POST /api/webhooks/stripe/connect': webhook(
    'Stripe: events of connected accounts',
    'Set its address up at Stripe, for connected accounts.',
    stripe
  ),
  'POST /api/webhooks/paypal': webhook(
    'PayPal: events',
    'Set its address up in PayPal’s developer dashboard.',
    paypal
  ),
  'POST /api/webhooks/venmo': webhook(
    'PayPal: events of Venmo payments',
    'A second webhook of the same PayPal app.',
    paypal
  ),
}
