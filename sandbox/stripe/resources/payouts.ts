import type Stripe from 'stripe'
import { endpoint } from '../endpoint.js'
import { refuse } from '../errors.js'
import { amount, currency, metadata, oneOf, required, string, timeRange } from '../fields.js'
import { dated, inRange, listOf, type TimeRange } from '../lists.js'
import { mergedMetadata } from '../metadata.js'
import { insufficient } from '../money_rules.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'

interface NewPayout {
  amount: number
  currency: string
  description?: string
  metadata?: Record<string, string | null> | null
  method?: 'instant' | 'standard'
  statement_descriptor?: string
}

/**
 * Sends available money of an account to its bank. It arrives later, by the sandbox's clock.
 *
 * @throws StripeFailure `balance_insufficient`; `payouts_not_allowed` on an account that may not
 */
export function createPayout(
  world: World,
  owner: string,
  wanted: NewPayout,
  automatic = false
): Row<'payout'> {
  if (owner && !world.find('account', owner, '').data.payouts_enabled) {
    throw refuse('payouts_not_allowed', 'Payouts are not enabled for this account.')
  }
  if (world.ledger.available(owner, wanted.currency) < wanted.amount) {
    throw insufficient(
      'You have insufficient funds in your Stripe account for this transfer. Your card balance is too low.'
    )
  }
  const id = newId('po')
  const arrival = world.clock.now + world.options.payoutAfterMs
  const payout: Stripe.Payout = {
    id,
    object: 'payout',
    amount: wanted.amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: Math.ceil(arrival / 1000),
    automatic,
    balance_transaction: world.ledger.book({
      type: 'payout',
      amount: -wanted.amount,
      currency: wanted.currency,
      source: id,
      owner,
      description: 'STRIPE PAYOUT',
    }).id,
    created: world.clock.seconds,
    currency: wanted.currency,
    description: wanted.description ?? null,
    destination: null,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: mergedMetadata(null, wanted.metadata),
    method: wanted.method ?? 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: automatic ? 'in_progress' : 'not_applicable',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: wanted.statement_descriptor ?? null,
    status: 'pending',
    trace_id: null,
    type: 'bank_account',
  }
  const row = world.store.add('payout', id, payout, owner, { dueAt: arrival })
  world.emit('payout.created', payout, owner)
  return row
}

/**
 * Sends the whole available balance of an account, as Stripe does by itself every day, and notes which
 * balance transactions went with it.
 */
export function payAutomatically(world: World, owner: string, code = 'usd'): Row<'payout'> {
  const all = world.ledger.available(owner, code)
  const carried = world.store.rows('balance_transaction').filter(({ owner: of, data, hidden }) => {
    return of === owner && data.currency === code && data.status === 'available' && !hidden.payout
  })
  const row = createPayout(world, owner, { amount: all, currency: code }, true)
  const own = world.store.get('balance_transaction', String(row.data.balance_transaction))
  for (const transaction of own ? [...carried, own] : carried) {
    transaction.hidden.payout = row.id
    world.store.save(transaction)
  }
  return row
}

/** Lets the payouts arrive that are due. */
export function arrivePayouts(world: World): void {
  for (const row of world.store.due('payout')) {
    if ((row.hidden.dueAt ?? Infinity) > world.clock.now) continue
    const { data: payout, owner } = row
    payout.status = 'paid'
    payout.trace_id = { status: 'supported', value: `SBX${row.seq}` }
    delete row.hidden.dueAt
    world.store.save(row)
    world.emit('payout.paid', payout, owner)
    if (!payout.automatic) continue
    payout.reconciliation_status = 'completed'
    world.emit('payout.reconciliation_completed', payout, owner)
  }
}

/** Fails a payout, also one that was paid: the bank sent it back, and the balance has it again. */
export function failPayout(world: World, row: Row<'payout'>): void {
  const { data: payout, owner } = row
  if (payout.status === 'failed' || payout.status === 'canceled') return
  payout.failure_balance_transaction = giveBack(world, row, 'payout_failure')
  payout.status = 'failed'
  payout.failure_code = 'account_closed'
  payout.failure_message = 'The bank account has been closed.'
  world.emit('payout.failed', payout, owner)
}

function giveBack(
  world: World,
  row: Row<'payout'>,
  type: 'payout_failure' | 'payout_cancel'
): string {
  const { data: payout, owner } = row
  delete row.hidden.dueAt
  world.store.save(row)
  const { amount: minor, currency: code, id } = payout
  return world.ledger.book({ type, amount: minor, currency: code, source: id, owner }).id
}

const creation = {
  amount: required(amount),
  currency: required(currency),
  description: string,
  metadata,
  method: oneOf('instant', 'standard'),
  source_type: oneOf('bank_account', 'card', 'fpx'),
  statement_descriptor: string,
}

export const payoutEndpoints = [
  endpoint('POST', '/v1/payouts', creation, ({ world, owner, params }) => {
    return createPayout(world, owner, params).data
  }),
  endpoint('GET', '/v1/payouts/{payout}', {}, ({ world, path, owner }) => {
    return world.find('payout', path.payout, owner).data
  }),
  endpoint('POST', '/v1/payouts/{payout}', { metadata }, ({ world, path, owner, params }) => {
    const row = world.find('payout', path.payout, owner)
    row.data.metadata = mergedMetadata(row.data.metadata, params.metadata)
    world.store.save(row)
    return row.data
  }),
  endpoint('POST', '/v1/payouts/{payout}/cancel', {}, ({ world, path, owner }) => {
    const row = world.find('payout', path.payout, owner)
    if (row.data.status !== 'pending') {
      throw refuse(
        'payout_not_cancelable',
        `Payouts can only be canceled while they are pending; this one is ${row.data.status}.`
      )
    }
    row.data.failure_balance_transaction = giveBack(world, row, 'payout_cancel')
    row.data.status = 'canceled'
    world.emit('payout.canceled', row.data, owner)
    return row.data
  }),
  endpoint(
    'GET',
    '/v1/payouts',
    { ...dated, arrival_date: timeRange, destination: string, status: string },
    (call) => {
      const { arrival_date: arrival, destination, status } = call.params
      return listOf('payout', call, '/v1/payouts', (payout) => {
        return (
          inRange(payout.arrival_date, arrival as TimeRange | undefined) &&
          (destination === undefined || payout.destination === destination) &&
          (status === undefined || payout.status === status)
        )
      })
    }
  ),
]
