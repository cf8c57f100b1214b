import { endpoint, type Call } from '../endpoint.js'
import { invalidParam, refuse } from '../errors.js'
import {
  amount,
  boolean,
  clearable,
  currency,
  hash,
  integer,
  listOf as many,
  metadata,
  oneOf,
  opaque,
  required,
  string,
} from '../fields.js'
import type { Form } from '../form.js'
import { dated, listOf } from '../lists.js'
import { mergedMetadata } from '../metadata.js'
import { checkAmount } from '../money_rules.js'
import { search } from '../search.js'
import type { Row } from '../store.js'
import {
  cancelIntent,
  confirmIntent,
  createIntent,
  OPEN_INTENTS,
  unexpectedState,
} from './payment_intents.js'
import { attachCard } from './payment_methods.js'

/** Names the card of a confirmation: a payment method, or the data of a card. */
function cardOf(params: {
  payment_method?: string
  payment_method_data?: unknown
}): string | undefined {
  if (params.payment_method) return params.payment_method
  const card = (params.payment_method_data as Form | undefined)?.card as Form | undefined
  const named = card?.number ?? card?.token
  return typeof named === 'string' ? named : undefined
}

/** A browser's call must name the intent's secret; the platform's own need not. */
function intentOf(
  { world, path, owner, publishable }: Call,
  secret?: string
): Row<'payment_intent'> {
  const row = world.find('payment_intent', path.intent, owner, 'intent')
  if ((publishable || secret !== undefined) && secret !== row.data.client_secret) {
    throw publishable && secret === undefined
      ? invalidParam('parameter_missing', 'Missing required param: client_secret.', 'client_secret')
      : refuse(
          'payment_intent_invalid_parameter',
          'The client_secret provided does not match the client_secret associated with the PaymentIntent.',
          'client_secret'
        )
  }
  return row
}

const confirmation = {
  payment_method: string,
  payment_method_data: opaque,
  return_url: string,
  off_session: boolean,
  error_on_requires_action: boolean,
  use_stripe_sdk: boolean,
}
const creation = {
  amount: required(amount),
  currency: required(currency),
  automatic_payment_methods: hash({
    enabled: required(boolean),
    allow_redirects: oneOf('always', 'never'),
  }),
  // Manual capture is left out: its authorisation ends long before a milestone does.
  capture_method: oneOf('automatic', 'automatic_async'),
  confirm: boolean,
  description: string,
  metadata,
  payment_method_types: many(string),
  receipt_email: clearable,
  statement_descriptor_suffix: string,
  transfer_group: string,
  ...confirmation,
}

export const paymentIntentEndpoints = [
  endpoint('POST', '/v1/payment_intents', creation, ({ world, params, owner }) => {
    if (params.automatic_payment_methods?.enabled && params.payment_method_types) {
      throw invalidParam(
        undefined,
        'You may only specify one of these parameters: automatic_payment_methods, payment_method_types.'
      )
    }
    const row = createIntent(world, owner, {
      ...params,
      automatic_payment_methods: params.automatic_payment_methods && {
        allow_redirects: 'always',
        ...params.automatic_payment_methods,
      },
    })
    row.data.statement_descriptor_suffix = params.statement_descriptor_suffix ?? null
    const card = cardOf(params)
    if (params.confirm && card) confirmIntent(world, row, card, { returnUrl: params.return_url })
    else if (card) {
      row.data.payment_method = attachCard(world, card).id
      row.data.status = 'requires_confirmation'
    }
    return row.data
  }),
  endpoint(
    'GET',
    '/v1/payment_intents/search',
    { query: required(string), limit: integer, page: string },
    (call) => search('payment_intent', call, '/v1/payment_intents/search')
  ),
  endpoint(
    'GET',
    '/v1/payment_intents/{intent}',
    { client_secret: string },
    (call) => intentOf(call, call.params.client_secret).data,
    { publishable: true }
  ),
  endpoint(
    'POST',
    '/v1/payment_intents/{intent}',
    {
      amount,
      currency,
      description: clearable,
      metadata,
      payment_method: string,
      receipt_email: clearable,
      transfer_group: string,
    },
    ({ world, path, params, owner }) => {
      const row = world.find('payment_intent', path.intent, owner, 'intent')
      const { metadata: changes, payment_method: card, ...rest } = params
      const changesMoney = rest.amount !== undefined || rest.currency !== undefined
      if (changesMoney && !OPEN_INTENTS.includes(row.data.status))
        throw unexpectedState('update', row.data)
      checkAmount(rest.amount ?? row.data.amount, rest.currency ?? row.data.currency)
      Object.assign(row.data, rest, { metadata: mergedMetadata(row.data.metadata, changes) })
      if (card) {
        row.data.payment_method = attachCard(world, card).id
        row.data.status = 'requires_confirmation'
      }
      world.store.save(row)
      return row.data
    }
  ),
  endpoint(
    'POST',
    '/v1/payment_intents/{intent}/confirm',
    { client_secret: string, receipt_email: clearable, ...confirmation },
    (call) => {
      const row = intentOf(call, call.params.client_secret)
      const card = cardOf(call.params) ?? (row.data.payment_method as string | null)
      if (!OPEN_INTENTS.includes(row.data.status)) throw unexpectedState('confirm', row.data)
      if (!card) {
        throw refuse(
          'payment_intent_unexpected_state',
          "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method."
        )
      }
      confirmIntent(call.world, row, card, { returnUrl: call.params.return_url })
      return row.data
    },
    { publishable: true }
  ),
  endpoint(
    'POST',
    '/v1/payment_intents/{intent}/cancel',
    { cancellation_reason: oneOf('abandoned', 'duplicate', 'fraudulent', 'requested_by_customer') },
    ({ world, path, params, owner }) => {
      const row = world.find('payment_intent', path.intent, owner, 'intent')
      cancelIntent(world, row, params.cancellation_reason)
      return row.data
    }
  ),
  endpoint('GET', '/v1/payment_intents', { ...dated, customer: string }, (call) =>
    listOf('payment_intent', call, '/v1/payment_intents', (intent) => {
      return call.params.customer === undefined || intent.customer === call.params.customer
    })
  ),
]
