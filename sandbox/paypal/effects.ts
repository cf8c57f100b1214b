import { minorOf } from './money.js'
import type { World } from './world.js'

/** What happened under one of our ids; amounts are sums in minor units. */
export interface Effects {
  orders: number
  captures: number
  captured: number
  refunds: number
  refunded: number
  batches: number
  payouts: number
  /** Of payouts whose money is gone from our balance. */
  paidOut: number
}

/**
 * Counts what carries an id of ours, whole or as a part (as in a key that is made of it): as
 * `invoice_id`, `custom_id`, `sender_batch_id` or `sender_item_id`. Ids of sessions that are gone, such
 * as expired orders, count too: they happened.
 */
export function effectsOf(world: World, ourId: string): Effects {
  const has = (...ids: (string | undefined)[]) => ids.some((id) => id?.includes(ourId))
  const { store } = world
  const orders = store
    .rows('order')
    .filter(({ data }) =>
      data.purchase_units.some((unit) => has(unit.invoice_id, unit.custom_id, unit.reference_id))
    )
  const captures = store
    .rows('capture')
    .filter(({ data }) => data.status !== 'DECLINED' && has(data.invoice_id, data.custom_id))
  const refunds = store
    .rows('refund')
    .filter(({ data }) => data.status !== 'FAILED' && has(data.invoice_id, data.custom_id))
  const batches = store
    .rows('payout_batch')
    .filter(({ data }) => has(data.sender_batch_header.sender_batch_id))
  const payouts = store
    .rows('payout_item')
    .filter(({ data, hidden }) => has(hidden.senderBatchId, data.payout_item.sender_item_id))
  return {
    orders: orders.length,
    captures: captures.length,
    captured: sum(captures.map(({ data }) => minorOf(data.amount))),
    refunds: refunds.length,
    refunded: sum(refunds.map(({ data }) => minorOf(data.amount))),
    batches: batches.length,
    payouts: payouts.length,
    paidOut: sum(payouts.map(({ hidden }) => hidden.held?.gross ?? 0)),
  }
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
