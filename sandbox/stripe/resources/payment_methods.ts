import type Stripe from 'stripe'
import { endpoint, type Call } from '../endpoint.js'
import { missing } from '../errors.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'

/** What a test card does. The names are those of Stripe's own test payment methods. */
export interface TestCard {
  last4: string
  brand: string
  decline?: { code: string; declineCode: string; message: string }
  /** Wants 3-D Secure before it pays. */
  authenticates?: boolean
}

const visa = (last4: string): TestCard => ({ last4, brand: 'visa' })
const declined = (last4: string, code: string, declineCode: string, message: string): TestCard => ({
  last4,
  brand: 'visa',
  decline: { code, declineCode, message },
})

const CARDS: Record<string, TestCard> = {
  pm_card_visa: visa('4242'),
  pm_card_mastercard: { last4: '4444', brand: 'mastercard' },
  pm_card_bypassPending: visa('0077'),
  pm_card_createDispute: visa('0259'),
  pm_card_createDisputeProductNotReceived: visa('2685'),
  pm_card_createDisputeInquiry: visa('1976'),
  pm_card_pendingRefund: visa('7726'),
  pm_card_refundFail: visa('5126'),
  pm_card_authenticationRequired: { ...visa('3155'), authenticates: true },
  pm_card_chargeDeclined: declined(
    '0002',
    'card_declined',
    'generic_decline',
    'Your card was declined.'
  ),
  pm_card_visa_chargeDeclined: declined(
    '0002',
    'card_declined',
    'generic_decline',
    'Your card was declined.'
  ),
  pm_card_chargeDeclinedInsufficientFunds: declined(
    '9995',
    'card_declined',
    'insufficient_funds',
    'Your card has insufficient funds.'
  ),
  pm_card_visa_chargeDeclinedInsufficientFunds: declined(
    '9995',
    'card_declined',
    'insufficient_funds',
    'Your card has insufficient funds.'
  ),
  pm_card_chargeDeclinedLostCard: declined(
    '9987',
    'card_declined',
    'lost_card',
    'Your card was declined.'
  ),
  pm_card_chargeDeclinedStolenCard: declined(
    '9979',
    'card_declined',
    'stolen_card',
    'Your card was declined.'
  ),
  pm_card_chargeDeclinedFraudulent: declined(
    '0019',
    'card_declined',
    'fraudulent',
    'Your card was declined.'
  ),
  pm_card_chargeDeclinedExpiredCard: declined(
    '0069',
    'expired_card',
    'expired_card',
    'Your card has expired.'
  ),
  pm_card_chargeDeclinedIncorrectCvc: declined(
    '0127',
    'incorrect_cvc',
    'incorrect_cvc',
    "Your card's security code is incorrect."
  ),
  pm_card_chargeDeclinedProcessingError: declined(
    '0119',
    'processing_error',
    'processing_error',
    'An error occurred while processing your card. Try again in a little bit.'
  ),
}

/** The test card that a number is, by Stripe's list of test numbers. */
const NUMBERS: Record<string, string> = {
  '4242424242424242': 'pm_card_visa',
  '5555555555554444': 'pm_card_mastercard',
  '4000000000000002': 'pm_card_chargeDeclined',
  '4000000000009995': 'pm_card_chargeDeclinedInsufficientFunds',
  '4000000000000069': 'pm_card_chargeDeclinedExpiredCard',
  '4000000000000259': 'pm_card_createDispute',
  '4000000000001976': 'pm_card_createDisputeInquiry',
  '4000000000007726': 'pm_card_pendingRefund',
  '4000000000005126': 'pm_card_refundFail',
  '4000002500003155': 'pm_card_authenticationRequired',
}

/**
 * Makes a payment method from a test card's name (`pm_card_visa`, `tok_visa`) or number.
 *
 * @throws StripeFailure `resource_missing` for anything else
 */
export function attachCard(world: World, named: string): Row<'payment_method'> {
  const existing = world.store.get('payment_method', named)
  if (existing) return existing
  const digits = named.replaceAll(' ', '')
  const name = NUMBERS[digits] ?? named.replace(/^tok_/, 'pm_card_')
  if (!Object.hasOwn(CARDS, name)) throw missing('PaymentMethod', named, 'payment_method')
  const { last4, brand } = CARDS[name]
  const id = newId('pm')
  const method: Stripe.PaymentMethod = {
    id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: billingDetails(),
    card: {
      brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: brand,
      exp_month: 8,
      exp_year: new Date(world.clock.now).getUTCFullYear() + 3,
      fingerprint: `sandbox${last4}`,
      funding: 'credit',
      generated_from: null,
      last4,
      networks: { available: [brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: world.clock.seconds,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  }
  return world.store.add('payment_method', id, method, '', { card: name })
}

/** How the card behind a payment method behaves. */
export function behaviourOf(method: Row<'payment_method'>): TestCard {
  return CARDS[method.hidden.card ?? 'pm_card_visa']
}

/** Billing details as they are when nobody gave any. */
export function billingDetails(): Stripe.PaymentMethod['billing_details'] {
  const address = {
    city: null,
    country: null,
    line1: null,
    line2: null,
    postal_code: null,
    state: null,
  }
  return { address, email: null, name: null, phone: null, tax_id: null }
}

export const paymentMethodEndpoints = [
  endpoint('GET', '/v1/payment_methods/{payment_method}', {}, ({ world, path, owner }: Call) => {
    return world.find('payment_method', path.payment_method, owner, 'payment_method').data
  }),
]
