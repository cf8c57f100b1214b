import type Stripe from 'stripe'
import { endpoint } from '../endpoint.js'
import { refuse } from '../errors.js'
import { amount, currency, metadata, required, string } from '../fields.js'
import { dated, listOf } from '../lists.js'
import { mergedMetadata } from '../metadata.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'

export interface NewTopUp {
  amount: number
  currency: string
  description?: string
  metadata?: Record<string, string | null> | null
  statement_descriptor?: string
  transfer_group?: string
}

/** Asks our bank for money; it is part of the balance once it arrives. Tells nobody. */
export function addTopUp(world: World, wanted: NewTopUp, arrivesAt: number): Row<'topup'> {
  const id = newId('tu')
  const topUp: Stripe.Topup = {
    id,
    object: 'topup',
    amount: wanted.amount,
    balance_transaction: null,
    created: world.clock.seconds,
    currency: wanted.currency,
    description: wanted.description ?? null,
    expected_availability_date: Math.ceil(arrivesAt / 1000),
    failure_code: null,
    failure_message: null,
    initiated_by: 'user',
    livemode: false,
    metadata: mergedMetadata(null, wanted.metadata),
    source: null,
    statement_descriptor: wanted.statement_descriptor ?? null,
    status: 'pending',
    transfer_group: wanted.transfer_group ?? null,
  }
  return world.store.add('topup', id, topUp, '', { dueAt: arrivesAt })
}

/** The bank's money has come. */
export function settleTopUp(world: World, row: Row<'topup'>): void {
  const { data: topUp } = row
  topUp.balance_transaction = book(world, row, 'topup', topUp.amount)
  topUp.status = 'succeeded'
  delete row.hidden.dueAt
  world.store.save(row)
}

export function arriveTopUps(world: World): void {
  for (const row of world.store.due('topup')) {
    if ((row.hidden.dueAt ?? Infinity) > world.clock.now) continue
    settleTopUp(world, row)
    world.emit('topup.succeeded', row.data)
  }
}

/** The bank takes back what it had sent. */
export function reverseTopUp(world: World, row: Row<'topup'>): void {
  if (row.data.status !== 'succeeded') throw new Error(`${row.id} is ${row.data.status}`)
  book(world, row, 'topup_reversal', -row.data.amount)
  row.data.status = 'reversed'
  world.store.save(row)
  world.emit('topup.reversed', row.data)
}

function book(
  world: World,
  { data: topUp }: Row<'topup'>,
  type: 'topup' | 'topup_reversal',
  minor: number
): string {
  return world.ledger.book({
    type,
    amount: minor,
    currency: topUp.currency,
    source: topUp.id,
    description: topUp.description ?? undefined,
  }).id
}

const creation = {
  amount: required(amount),
  currency: required(currency),
  description: string,
  metadata,
  statement_descriptor: string,
  transfer_group: string,
}

export const topUpEndpoints = [
  endpoint('POST', '/v1/topups', creation, ({ world, params }) => {
    const row = addTopUp(world, params, world.clock.now + world.options.topUpAfterMs)
    world.emit('topup.created', row.data)
    return row.data
  }),
  endpoint('GET', '/v1/topups/{topup}', {}, ({ world, path, owner }) => {
    return world.find('topup', path.topup, owner).data
  }),
  endpoint('POST', '/v1/topups/{topup}', { description: string, metadata }, (call) => {
    const { world, path, owner, params } = call
    const row = world.find('topup', path.topup, owner)
    row.data.description = params.description ?? row.data.description
    row.data.metadata = mergedMetadata(row.data.metadata, params.metadata)
    world.store.save(row)
    return row.data
  }),
  endpoint('POST', '/v1/topups/{topup}/cancel', {}, ({ world, path, owner }) => {
    const row = world.find('topup', path.topup, owner)
    if (row.data.status !== 'pending') {
      throw refuse(
        'topup_not_cancelable',
        `Top-ups can only be canceled while they are pending; this one is ${row.data.status}.`
      )
    }
    row.data.status = 'canceled'
    delete row.hidden.dueAt
    world.store.save(row)
    world.emit('topup.canceled', row.data)
    return row.data
  }),
  endpoint('GET', '/v1/topups', { ...dated, status: string }, (call) => {
    const { status } = call.params
    return listOf('topup', call, '/v1/topups', (topUp) => {
      return status === undefined || topUp.status === status
    })
  }),
]
