import type Stripe from 'stripe'
import {
  amount,
  currency,
  hash,
  integer,
  listOf as many,
  metadata,
  oneOf,
  required,
  string,
  type Values,
} from '../fields.js'
import { mergedMetadata } from '../metadata.js'
import { newId } from '../store.js'
import type { World } from '../world.js'

const priceData = hash({
  currency: required(currency),
  unit_amount: required(amount),
  product_data: required(hash({ name: required(string), description: string, metadata })),
})
/** What a new session may be given. */
export const sessionParams = {
  cancel_url: string,
  client_reference_id: string,
  customer_email: string,
  expires_at: integer,
  line_items: required(many(hash({ price_data: required(priceData), quantity: required(amount) }))),
  locale: string,
  metadata,
  mode: required(oneOf('payment', 'setup', 'subscription')),
  payment_intent_data: hash({
    description: string,
    metadata,
    receipt_email: string,
    statement_descriptor_suffix: string,
    transfer_group: string,
  }),
  payment_method_types: many(string),
  submit_type: oneOf('auto', 'book', 'donate', 'pay'),
  success_url: required(string),
  ui_mode: oneOf('hosted_page'),
}

/** A new, open session in Stripe's shape. */
export function blankSession(
  world: World,
  id: string,
  wanted: Values<typeof sessionParams>,
  { total, code, expiresAt }: { total: number; code: string; expiresAt: number }
): Stripe.Checkout.Session {
  return {
    id,
    object: 'checkout.session',
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    amount_subtotal: total,
    amount_total: total,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: wanted.cancel_url ?? null,
    client_reference_id: wanted.client_reference_id ?? null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: world.clock.seconds,
    currency: code,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: null,
    customer_account: null,
    customer_creation: 'if_required',
    customer_details: null,
    customer_email: wanted.customer_email ?? null,
    discounts: null,
    expires_at: expiresAt,
    integration_identifier: null,
    invoice: null,
    invoice_creation: null,
    livemode: false,
    locale: null,
    managed_payments: null,
    metadata: mergedMetadata(null, wanted.metadata),
    mode: 'payment',
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: 'if_required',
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: wanted.payment_method_types ?? ['card'],
    payment_status: 'unpaid',
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: wanted.submit_type ?? null,
    subscription: null,
    success_url: wanted.success_url,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: `${world.url}/c/pay/${id}`,
    wallet_options: null,
  }
}

type Item = Values<typeof sessionParams>['line_items'][number]

/** One line of a session, with the price that was made for it. */
export function lineItem(
  { price_data: price, quantity }: Item,
  created: number
): Record<string, unknown> {
  const total = price.unit_amount * quantity
  return {
    id: newId('li'),
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: total,
    amount_tax: 0,
    amount_total: total,
    currency: price.currency,
    description: price.product_data.name,
    metadata: {},
    price: {
      id: newId('price'),
      object: 'price',
      active: false,
      billing_scheme: 'per_unit',
      created,
      currency: price.currency,
      custom_unit_amount: null,
      livemode: false,
      lookup_key: null,
      metadata: {},
      nickname: null,
      product: newId('prod', 14),
      recurring: null,
      tax_behavior: 'unspecified',
      tiers_mode: null,
      transform_quantity: null,
      type: 'one_time',
      unit_amount: price.unit_amount,
      unit_amount_decimal: String(price.unit_amount),
    },
    quantity,
  }
}
