import type Stripe from 'stripe'
import { endpoint } from '../endpoint.js'
import { integer, metadata, required, string } from '../fields.js'
import { dated, listOf } from '../lists.js'
import { mergedMetadata } from '../metadata.js'
import { search } from '../search.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'
import { behaviourOf, billingDetails } from './payment_methods.js'

/** Charges a card for an intent: a succeeded charge with its money, or a failed one without. */
export function chargeIntent(
  world: World,
  { data: intent, owner }: Row<'payment_intent'>,
  method: Row<'payment_method'>
): Row<'charge'> {
  const id = newId('ch')
  const { decline } = behaviourOf(method)
  const charge: Stripe.Charge = {
    ...blankCharge(world, id),
    amount: intent.amount,
    amount_captured: decline ? 0 : intent.amount,
    billing_details: structuredClone(method.data.billing_details),
    captured: !decline,
    currency: intent.currency,
    description: intent.description,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    metadata: { ...intent.metadata },
    outcome: outcomeOf(decline?.declineCode),
    paid: !decline,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: cardDetails(method.data),
    receipt_email: intent.receipt_email,
    status: decline ? 'failed' : 'succeeded',
    transfer_group: intent.transfer_group ?? `group_${intent.id}`,
  }
  const row = world.store.add('charge', id, charge, owner, { card: method.hidden.card })
  if (decline) return row
  const { lateFees, lateFeesAfterMs } = world.options
  if (lateFees) {
    row.hidden.dueAt = world.clock.now + lateFeesAfterMs
    world.store.save(row)
  } else bookCharge(world, row)
  return row
}

/** Writes the balance transaction of a charge, with its fee. */
function bookCharge(world: World, row: Row<'charge'>): void {
  const { fees, availableAfterMs } = world.options
  const { data: charge, owner } = row
  const fee = Math.round((charge.amount * fees.bps) / 10_000) + fees.fixed
  const availableAt =
    row.hidden.card === 'pm_card_bypassPending' ? 0 : charge.created * 1000 + availableAfterMs
  charge.balance_transaction = world.ledger.book({
    type: 'charge',
    amount: charge.amount,
    currency: charge.currency,
    source: charge.id,
    owner,
    fee,
    availableAt: Math.max(availableAt, world.clock.now - 1),
    description: charge.description ?? undefined,
  }).id
  delete row.hidden.dueAt
  world.store.save(row)
}

/**
 * Posts the late fees that are due: `charge.updated` brings the balance transaction.
 *
 * @param all also those that are not due yet
 */
export function settleLateFees(world: World, all = false): void {
  for (const row of world.store.due('charge')) {
    if (!all && (row.hidden.dueAt ?? Infinity) > world.clock.now) continue
    bookCharge(world, row)
    world.emit('charge.updated', row.data, row.owner, { balance_transaction: null })
  }
}

/** A charge with everything that its kind of payment sets still empty. */
export function blankCharge(world: World, id: string): Stripe.Charge {
  return {
    id,
    object: 'charge',
    amount: 0,
    amount_captured: 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: billingDetails(),
    calculated_statement_descriptor: 'SAFESEND',
    captured: true,
    created: world.clock.seconds,
    currency: 'usd',
    customer: null,
    description: null,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: false,
    metadata: {},
    on_behalf_of: null,
    outcome: null,
    paid: true,
    payment_intent: null,
    payment_method: null,
    payment_method_details: null,
    radar_options: {},
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'succeeded',
    transfer_data: null,
    transfer_group: null,
  }
}

function outcomeOf(declineCode?: string): Stripe.Charge['outcome'] {
  return {
    advice_code: declineCode ? 'try_again_later' : null,
    network_advice_code: null,
    network_decline_code: declineCode ? '01' : null,
    network_status: declineCode ? 'declined_by_network' : 'approved_by_network',
    reason: declineCode ?? null,
    risk_level: 'normal',
    risk_score: 20,
    seller_message: declineCode
      ? 'The bank did not return any further details with this decline.'
      : 'Payment complete.',
    type: declineCode ? 'issuer_declined' : 'authorized',
  }
}

function cardDetails({ card }: Stripe.PaymentMethod): Stripe.Charge['payment_method_details'] {
  if (!card) return null
  return {
    type: 'card',
    card: {
      amount_authorized: null,
      authorization_code: null,
      brand: card.brand,
      checks: card.checks,
      country: card.country,
      electronic_commerce_indicator: null,
      exp_month: card.exp_month,
      exp_year: card.exp_year,
      fingerprint: card.fingerprint ?? null,
      funding: card.funding,
      installments: null,
      last4: card.last4,
      mandate: null,
      network: card.brand,
      network_token: { used: false },
      network_transaction_id: null,
      regulated_status: 'unregulated',
      three_d_secure: null,
      wallet: null,
    },
  } as Stripe.Charge['payment_method_details']
}

export const chargeEndpoints = [
  endpoint(
    'GET',
    '/v1/charges/search',
    { query: required(string), limit: integer, page: string },
    (call) => search('charge', call, '/v1/charges/search')
  ),
  endpoint('GET', '/v1/charges/{charge}', {}, ({ world, path, owner }) => {
    return world.find('charge', path.charge, owner).data
  }),
  endpoint(
    'POST',
    '/v1/charges/{charge}',
    { description: string, metadata, receipt_email: string, transfer_group: string },
    ({ world, path, owner, params }) => {
      const row = world.find('charge', path.charge, owner)
      const { metadata: changes, ...rest } = params
      Object.assign(row.data, rest, { metadata: mergedMetadata(row.data.metadata, changes) })
      world.store.save(row)
      world.emit('charge.updated', row.data, owner, {})
      return row.data
    }
  ),
  endpoint(
    'GET',
    '/v1/charges',
    { ...dated, customer: string, payment_intent: string, transfer_group: string },
    (call) => {
      const { customer, payment_intent: intent, transfer_group: group } = call.params
      return listOf('charge', call, '/v1/charges', (charge) => {
        return (
          (customer === undefined || charge.customer === customer) &&
          (intent === undefined || charge.payment_intent === intent) &&
          (group === undefined || charge.transfer_group === group)
        )
      })
    }
  ),
]
