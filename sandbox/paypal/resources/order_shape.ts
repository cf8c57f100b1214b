import type { Json } from '../endpoint.js'
import type { Link, Order, PurchaseUnit } from '../shapes.js'
import type { Row } from '../store.js'
import type { World } from '../world.js'
import { showCapture } from './captures.js'

/** An order as the API shows it whole. */
export function showOrder(world: World, { data, id }: Row<'order'>): Json {
  return {
    ...data,
    purchase_units: data.purchase_units.map((unit) => ({
      ...unit,
      ...paymentsOf(world, id, unit),
    })),
    links: linksOf(world, data),
  }
}

/** What a caller that did not ask for more gets back. */
export function showBriefly(world: World, row: Row<'order'>): Json {
  const { id, status, payment_source: source, payer, purchase_units: units } = row.data
  return {
    id,
    status,
    ...(source && { payment_source: source }),
    ...(payer && { payer }),
    ...(status === 'COMPLETED' && {
      purchase_units: units.map((unit) => ({
        reference_id: unit.reference_id,
        ...paymentsOf(world, id, unit),
      })),
    }),
    links: linksOf(world, row.data),
  }
}

function paymentsOf(world: World, order: string, { reference_id: unit }: PurchaseUnit): Json {
  const captures = capturesOf(world, order).filter(({ owner }) => owner === unit)
  if (captures.length === 0) return {}
  const captured = captures.map(({ id }) => id)
  const refunds = world.store
    .rows('refund')
    .filter(({ hidden }) => captured.includes(hidden.parent ?? ''))
  return {
    payments: {
      captures: captures.map((row) => showCapture(world, row)),
      ...(refunds.length > 0 && { refunds: refunds.map(({ data }) => data) }),
    },
  }
}

/** The captures of an order; a capture's owner is the purchase unit that it pays. */
export function capturesOf(world: World, order: string): Row<'capture'>[] {
  return world.store.rows('capture').filter(({ hidden }) => hidden.parent === order)
}

function linksOf(world: World, { id, status, payment_source: source }: Order): Link[] {
  const path = `/v2/checkout/orders/${id}`
  const self = world.link('self', path)
  if (status === 'COMPLETED' || status === 'VOIDED') return [self]
  const page: Link = {
    href: `${world.url}/checkoutnow?token=${id}`,
    rel: source ? 'payer-action' : 'approve',
    method: 'GET',
  }
  const capture = world.link('capture', `${path}/capture`, 'POST')
  if (status === 'APPROVED') return [self, capture]
  return source ? [self, page] : [self, page, capture]
}
