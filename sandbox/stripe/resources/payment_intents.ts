import type Stripe from 'stripe'
import { failure, type StripeFailure } from '../errors.js'
import { mergedMetadata } from '../metadata.js'
import { checkAmount } from '../money_rules.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'
import { chargeIntent } from './charges.js'
import { disputeByCard } from './disputes.js'
import { attachCard, behaviourOf } from './payment_methods.js'

/** Intents that can still be confirmed, changed or canceled. */
export const OPEN_INTENTS = ['requires_payment_method', 'requires_confirmation', 'requires_action']

export interface NewIntent {
  amount: number
  currency: string
  description?: string
  metadata?: Record<string, string | null> | null
  receipt_email?: string | null
  transfer_group?: string
  payment_method_types?: string[]
  automatic_payment_methods?: Stripe.PaymentIntent['automatic_payment_methods']
  capture_method?: 'automatic' | 'automatic_async'
}

/** Makes an intent that waits for its payment method. */
export function createIntent(
  world: World,
  owner: string,
  wanted: NewIntent
): Row<'payment_intent'> {
  checkAmount(wanted.amount, wanted.currency)
  const id = newId('pi')
  const intent: Stripe.PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: wanted.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: wanted.payment_method_types
      ? null
      : (wanted.automatic_payment_methods ?? { allow_redirects: 'always', enabled: true }),
    canceled_at: null,
    cancellation_reason: null,
    capture_method: wanted.capture_method ?? 'automatic_async',
    client_secret: `${id}_secret_${newId('s', 25).slice(2)}`,
    confirmation_method: 'automatic',
    created: world.clock.seconds,
    currency: wanted.currency,
    customer: null,
    customer_account: null,
    description: wanted.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: mergedMetadata(null, wanted.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: wanted.payment_method_types ?? ['card'],
    payment_record: null,
    processing: null,
    receipt_email: wanted.receipt_email ?? null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: wanted.transfer_group ?? null,
  }
  const row = world.store.add('payment_intent', id, intent, owner)
  world.emit('payment_intent.created', intent, owner)
  return row
}

/**
 * Confirms an intent with a card, as Stripe.js would.
 *
 * @param card name or number of a test card, or a payment method's id
 * @throws StripeFailure 402 `card_error` when declined; 400 `payment_intent_unexpected_state`
 */
export function confirmIntent(
  world: World,
  row: Row<'payment_intent'>,
  card: string,
  { authenticated = false, returnUrl = null as string | null } = {}
): void {
  const { data: intent, owner } = row
  if (!OPEN_INTENTS.includes(intent.status)) throw unexpectedState('confirm', intent)
  const method = attachCard(world, card)
  intent.payment_method = method.id
  world.store.save(row)
  if (behaviourOf(method).authenticates && !authenticated) {
    intent.status = 'requires_action'
    intent.next_action = returnUrl
      ? {
          type: 'redirect_to_url',
          redirect_to_url: { return_url: returnUrl, url: `${world.url}/c/3ds/${intent.id}` },
        }
      : { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } }
    world.emit('payment_intent.requires_action', intent, owner)
    return
  }
  const charge = chargeIntent(world, row, method)
  intent.latest_charge = charge.id
  intent.next_action = null
  if (charge.data.status === 'failed') throw declined(world, row, method, charge)
  intent.status = 'succeeded'
  intent.amount_received = intent.amount
  intent.last_payment_error = null
  world.emit('payment_intent.succeeded', intent, owner)
  world.emit('charge.succeeded', charge.data, owner)
  disputeByCard(world, charge)
}

/** Ends the 3-D Secure step of an intent, as the card's owner would. */
export function authenticateIntent(
  world: World,
  row: Row<'payment_intent'>,
  passed: boolean
): void {
  const { data: intent, owner } = row
  if (intent.status !== 'requires_action') throw unexpectedState('confirm', intent)
  if (passed)
    return confirmIntent(world, row, String(intent.payment_method), { authenticated: true })
  intent.status = 'requires_payment_method'
  intent.payment_method = null
  intent.next_action = null
  intent.last_payment_error = {
    type: 'invalid_request_error',
    code: 'payment_intent_authentication_failure',
    message:
      'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
  }
  world.store.save(row)
  world.emit('payment_intent.payment_failed', intent, owner)
}

/** Cancels an open intent. */
export function cancelIntent(
  world: World,
  row: Row<'payment_intent'>,
  reason: Stripe.PaymentIntent['cancellation_reason'] = null
): void {
  const { data: intent, owner } = row
  if (!OPEN_INTENTS.includes(intent.status)) throw unexpectedState('cancel', intent)
  intent.status = 'canceled'
  intent.canceled_at = world.clock.seconds
  intent.cancellation_reason = reason
  intent.next_action = null
  world.store.save(row)
  world.emit('payment_intent.canceled', intent, owner)
}

function declined(
  world: World,
  { data: intent, owner }: Row<'payment_intent'>,
  method: Row<'payment_method'>,
  charge: Row<'charge'>
): StripeFailure {
  const { decline } = behaviourOf(method)
  const problem = {
    type: 'card_error' as const,
    charge: charge.id,
    code: decline?.code ?? 'card_declined',
    decline_code: decline?.declineCode ?? 'generic_decline',
    message: decline?.message ?? 'Your card was declined.',
  }
  intent.status = 'requires_payment_method'
  intent.payment_method = null
  intent.last_payment_error = { ...problem, payment_method: structuredClone(method.data) }
  world.emit('charge.failed', charge.data, owner)
  world.emit('payment_intent.payment_failed', intent, owner)
  return failure(402, { ...problem, payment_intent: structuredClone(intent) }, true)
}

/** An act that an intent's status does not allow. */
export function unexpectedState(
  act: 'confirm' | 'cancel' | 'update',
  intent: Stripe.PaymentIntent
) {
  const message =
    act === 'confirm' && intent.status === 'succeeded'
      ? 'You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.'
      : act === 'cancel'
        ? `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.`
        : `This PaymentIntent could not be ${act}ed because it has a status of ${intent.status}.`
  return failure(
    400,
    {
      type: 'invalid_request_error',
      code: 'payment_intent_unexpected_state',
      message: message.replace('updateed', 'updated'),
      payment_intent: structuredClone(intent),
    },
    true
  )
}
