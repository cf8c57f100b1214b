import { endpoint } from '../endpoint.js'
import { invalidParam, refuse, StripeFailure } from '../errors.js'
import { oneOf, string, type Values } from '../fields.js'
import { dated, listOf, page, paging } from '../lists.js'
import { checkAmount } from '../money_rules.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'
import { blankSession, lineItem, sessionParams } from './checkout_session_shape.js'
import { cancelIntent, confirmIntent, createIntent, type NewIntent } from './payment_intents.js'

const DAY = 24 * 3600

/**
 * Makes a session for Stripe's hosted page. Its payment intent is made when the customer first tries
 * to pay, as at Stripe; before that it is null.
 */
function createSession(
  world: World,
  owner: string,
  wanted: Values<typeof sessionParams>
): Row<'checkout_session'> {
  if (wanted.mode !== 'payment') {
    throw invalidParam(
      undefined,
      'This stand-in has checkout sessions in payment mode only.',
      'mode'
    )
  }
  const { currency: code } = wanted.line_items[0]?.price_data ?? {}
  if (!code)
    throw invalidParam('parameter_missing', 'Missing required param: line_items.', 'line_items')
  if (wanted.line_items.some(({ price_data: price }) => price.currency !== code)) {
    throw invalidParam(
      undefined,
      'All prices on a Checkout Session must use the same currency.',
      'line_items'
    )
  }
  const total = wanted.line_items.reduce(
    (sum, { price_data: price, quantity }) => sum + price.unit_amount * quantity,
    0
  )
  checkAmount(total, code)
  const created = world.clock.seconds
  const expiresAt = wanted.expires_at ?? created + DAY
  if (expiresAt < created + 1800 || expiresAt > created + DAY + 60) {
    throw invalidParam(
      undefined,
      'The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.',
      'expires_at'
    )
  }
  const id = newId('cs_test', 58)
  const session = blankSession(world, id, wanted, { total, code, expiresAt })
  const lineItems = wanted.line_items.map((item) => lineItem(item, created))
  const intent = { ...wanted.payment_intent_data }
  return world.store.add('checkout_session', id, session, owner, {
    dueAt: expiresAt * 1000,
    intent,
    lineItems,
  })
}

/**
 * Pays an open session with a test card, as the customer does on the hosted page.
 *
 * @throws StripeFailure 402 `card_error` when declined: the session stays open for another try
 */
export function paySession(world: World, row: Row<'checkout_session'>, card: string): void {
  const { data: session, owner, hidden } = row
  if (session.status !== 'open') {
    throw refuse('checkout_session_not_open', `This Checkout Session is ${session.status}.`)
  }
  const known = world.store.get('payment_intent', String(session.payment_intent))
  const intent =
    known ??
    createIntent(world, owner, {
      ...(hidden.intent as Partial<NewIntent>),
      amount: session.amount_total ?? 0,
      currency: session.currency ?? 'usd',
      payment_method_types: session.payment_method_types,
      receipt_email: session.customer_email,
    })
  session.payment_intent = intent.id
  world.store.save(row)
  confirmIntent(world, intent, card, { authenticated: true })
  session.status = 'complete'
  session.payment_status = 'paid'
  session.url = null
  session.customer_details = {
    address: null,
    business_name: null,
    email: session.customer_email ?? 'customer@example.com',
    individual_name: null,
    name: null,
    phone: null,
    tax_exempt: 'none',
    tax_ids: [],
  }
  delete hidden.dueAt
  world.store.save(row)
  world.emit('checkout.session.completed', session, owner)
}

/** Ends open sessions whose time is over. */
export function expireSessions(world: World): void {
  for (const row of world.store.due('checkout_session')) {
    if ((row.hidden.dueAt ?? Infinity) <= world.clock.now) expireSession(world, row)
  }
}

function expireSession(world: World, row: Row<'checkout_session'>): void {
  const { data: session, owner } = row
  session.status = 'expired'
  session.url = null
  delete row.hidden.dueAt
  world.store.save(row)
  const intent = world.store.get('payment_intent', String(session.payment_intent))
  if (intent) cancelIntent(world, intent, 'automatic')
  world.emit('checkout.session.expired', session, owner)
}

export const checkoutSessionEndpoints = [
  endpoint('POST', '/v1/checkout/sessions', sessionParams, ({ world, owner, params }) => {
    return createSession(world, owner, params).data
  }),
  endpoint('GET', '/v1/checkout/sessions/{session}', {}, ({ world, path, owner }) => {
    return world.find('checkout_session', path.session, owner, 'session').data
  }),
  endpoint('POST', '/v1/checkout/sessions/{session}/expire', {}, ({ world, path, owner }) => {
    const row = world.find('checkout_session', path.session, owner, 'session')
    if (row.data.status !== 'open') {
      throw new StripeFailure(
        400,
        {
          type: 'invalid_request_error',
          message: `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${row.data.status}\`.`,
        },
        true
      )
    }
    expireSession(world, row)
    return row.data
  }),
  endpoint(
    'GET',
    '/v1/checkout/sessions/{session}/line_items',
    paging,
    ({ world, path, owner, params }) => {
      const row = world.find('checkout_session', path.session, owner, 'session')
      const items = (row.hidden.lineItems ?? []) as { id: string }[]
      return page(items, params, `/v1/checkout/sessions/${row.id}/line_items`)
    }
  ),
  endpoint(
    'GET',
    '/v1/checkout/sessions',
    { ...dated, payment_intent: string, status: oneOf('complete', 'expired', 'open') },
    (call) => {
      const { payment_intent: intent, status } = call.params
      return listOf('checkout_session', call, '/v1/checkout/sessions', (session) => {
        return (
          (intent === undefined || session.payment_intent === intent) &&
          (status === undefined || session.status === status)
        )
      })
    }
  ),
]
