import type Stripe from 'stripe'
import { endpoint } from '../endpoint.js'
import { invalidParam, refuse } from '../errors.js'
import { amount, metadata, oneOf, string } from '../fields.js'
import { dated, listOf } from '../lists.js'
import { mergedMetadata } from '../metadata.js'
import { display } from '../money_rules.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'
import { hasOpenDispute } from './disputes.js'

interface NewRefund {
  amount?: number
  metadata?: Record<string, string | null> | null
  reason?: 'duplicate' | 'fraudulent' | 'requested_by_customer'
}

/**
 * Refunds a charge, wholly or in part. A balance that does not cover it leaves the refund pending, as
 * does `pm_card_pendingRefund`; transfers of the charge are not touched.
 *
 * @throws StripeFailure `charge_already_refunded`, `charge_disputed`, or an amount above the rest
 */
function createRefund(
  world: World,
  owner: string,
  row: Row<'charge'>,
  wanted: NewRefund
): Row<'refund'> {
  const { data: charge } = row
  const rest = charge.amount - charge.amount_refunded
  if (charge.status !== 'succeeded') {
    throw refuse(
      'charge_not_refundable',
      `Charge ${charge.id} has not been captured, so it cannot be refunded.`
    )
  }
  if (hasOpenDispute(world, charge.id)) {
    throw refuse(
      'charge_disputed',
      `Charge ${charge.id} has been charged back; cannot issue a refund.`
    )
  }
  if (rest === 0) {
    throw refuse('charge_already_refunded', `Charge ${charge.id} has already been refunded.`)
  }
  const minor = wanted.amount ?? rest
  if (minor > rest) {
    throw refuse(
      'amount_too_large',
      `Refund amount (${display(minor, charge.currency)}) is greater than unrefunded amount on charge (${display(rest, charge.currency)})`,
      'amount'
    )
  }
  const id = newId('re')
  const refund: Stripe.Refund = {
    id,
    object: 'refund',
    amount: minor,
    balance_transaction: null,
    charge: charge.id,
    created: world.clock.seconds,
    currency: charge.currency,
    customer: null,
    customer_account: null,
    destination_details: {
      card: {
        reference_status: 'pending',
        reference_type: 'acquirer_reference_number',
        type: 'refund',
      },
      type: 'card',
    },
    metadata: mergedMetadata(null, wanted.metadata),
    payment_intent: charge.payment_intent as string | null,
    payment_method: charge.payment_method,
    reason: wanted.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'pending',
    transfer_reversal: null,
  }
  const refunded = world.store.add('refund', id, refund, owner)
  charge.amount_refunded += minor
  charge.refunded = charge.amount_refunded === charge.amount
  world.store.save(row)
  begin(world, refunded, row.hidden.card)
  world.emit('refund.created', refund, owner)
  world.emit('charge.refunded', charge, owner)
  return refunded
}

function begin(world: World, row: Row<'refund'>, card?: string): void {
  const { data: refund, owner } = row
  const later = world.clock.now + world.options.refundAfterMs
  if (world.ledger.available(owner, refund.currency) < refund.amount) {
    refund.pending_reason = 'insufficient_funds'
    row.hidden.dueAt = world.clock.now
  } else if (card === 'pm_card_pendingRefund') {
    refund.pending_reason = 'processing'
    row.hidden.dueAt = later
  } else {
    pay(world, row)
    if (card === 'pm_card_refundFail') Object.assign(row.hidden, { dueAt: later, fails: true })
  }
  world.store.save(row)
}

function pay(world: World, row: Row<'refund'>): void {
  const { data: refund, owner } = row
  refund.balance_transaction = world.ledger.book({
    type: 'refund',
    amount: -refund.amount,
    currency: refund.currency,
    source: refund.id,
    owner,
    description: 'REFUND FOR CHARGE',
  }).id
  refund.status = 'succeeded'
  delete refund.pending_reason
  delete row.hidden.dueAt
  world.store.save(row)
}

/** Does what waiting refunds are due for: succeed, or fail as their card does. */
export function settleRefunds(world: World): void {
  for (const row of world.store.due('refund')) {
    if ((row.hidden.dueAt ?? Infinity) > world.clock.now) continue
    if (row.hidden.fails) failRefund(world, row)
    else settleRefund(world, row)
  }
}

/** Lets a pending refund succeed, unless the balance still does not cover it. */
export function settleRefund(world: World, row: Row<'refund'>): void {
  const { data: refund, owner } = row
  if (refund.status !== 'pending') return
  if (world.ledger.available(owner, refund.currency) < refund.amount) return
  const previous = { status: 'pending', balance_transaction: null }
  pay(world, row)
  world.emit('refund.updated', refund, owner, previous)
  world.emit('charge.refund.updated', refund, owner, previous)
}

/** Fails a refund, also one that had succeeded: its money comes back to the balance. */
export function failRefund(world: World, row: Row<'refund'>, reason = 'lost_or_stolen_card'): void {
  const { data: refund, owner } = row
  const previous = { status: refund.status }
  if (refund.balance_transaction) {
    refund.failure_balance_transaction = world.ledger.book({
      type: 'refund_failure',
      amount: refund.amount,
      currency: refund.currency,
      source: refund.id,
      owner,
    }).id
  }
  refund.status = 'failed'
  refund.failure_reason = reason
  delete refund.pending_reason
  row.hidden = {}
  world.store.save(row)
  const charge = world.store.get('charge', String(refund.charge))
  if (charge) {
    charge.data.amount_refunded -= refund.amount
    charge.data.refunded = false
    world.store.save(charge)
  }
  world.emit('refund.updated', refund, owner, previous)
  world.emit('refund.failed', refund, owner)
  world.emit('charge.refund.updated', refund, owner, previous)
}

const creation = {
  amount,
  charge: string,
  payment_intent: string,
  metadata,
  reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
}

export const refundEndpoints = [
  endpoint('POST', '/v1/refunds', creation, ({ world, params, owner }) => {
    let charge = params.charge
    if (params.payment_intent) {
      const intent = world.find('payment_intent', params.payment_intent, owner, 'payment_intent')
      if (intent.data.status !== 'succeeded') {
        throw refuse(
          'payment_intent_unexpected_state',
          `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`,
          'payment_intent'
        )
      }
      charge = String(intent.data.latest_charge)
    }
    if (!charge) {
      throw invalidParam(
        'parameter_missing',
        'One of the following params should be provided for this request: payment_intent or charge.'
      )
    }
    return createRefund(world, owner, world.find('charge', charge, owner, 'charge'), params).data
  }),
  endpoint('GET', '/v1/refunds/{refund}', {}, ({ world, path, owner }) => {
    return world.find('refund', path.refund, owner).data
  }),
  endpoint('POST', '/v1/refunds/{refund}', { metadata }, ({ world, path, owner, params }) => {
    const row = world.find('refund', path.refund, owner)
    row.data.metadata = mergedMetadata(row.data.metadata, params.metadata)
    world.store.save(row)
    return row.data
  }),
  endpoint('GET', '/v1/refunds', { ...dated, charge: string, payment_intent: string }, (call) => {
    const { charge, payment_intent: intent } = call.params
    return listOf('refund', call, '/v1/refunds', (refund) => {
      return (
        (charge === undefined || refund.charge === charge) &&
        (intent === undefined || refund.payment_intent === intent)
      )
    })
  }),
]
