import { invalidParam } from './errors.js'
import type { Kind, Row } from './store.js'
import type { World } from './world.js'

const KIND_OF_PREFIX: Record<string, Kind> = {
  acct: 'account',
  ch: 'charge',
  cs: 'checkout_session',
  du: 'dispute',
  pi: 'payment_intent',
  pm: 'payment_method',
  po: 'payout',
  py: 'charge',
  pyr: 'refund',
  re: 'refund',
  tr: 'transfer',
  trr: 'transfer_reversal',
  tu: 'topup',
  txn: 'balance_transaction',
}

type Json = Record<string, unknown>

/**
 * Replaces ids by their objects along the given paths (`latest_charge.balance_transaction`,
 * `data.charge`), in a copy.
 *
 * @throws StripeFailure when a path names something that holds no object
 */
export function expand(world: World, object: object, paths: string[]): object {
  if (paths.length === 0) return object
  const copy = structuredClone(object)
  for (const path of paths) walk(world, copy as Json, path.split('.'), path)
  return copy
}

function walk(world: World, object: Json, [key, ...rest]: string[], path: string): void {
  // `data` steps into the members of a list.
  if (key === 'data' && Array.isArray(object.data)) {
    for (const member of object.data as Json[]) walk(world, member, rest, path)
    return
  }
  const value = included(world, object, key) ?? object[key]
  if (value === null) return
  const row = typeof value === 'string' ? rowOf(world, value) : undefined
  const target = row ? structuredClone(row.data as unknown as Json) : value
  if (typeof target !== 'object') {
    throw invalidParam(undefined, `This property cannot be expanded (${path}).`, 'expand[0]')
  }
  object[key] = target
  if (rest.length > 0) walk(world, target as Json, rest, path)
}

/** Lists that an object has only on request. */
function included(world: World, object: Json, key: string): Json | undefined {
  if (object.object === 'charge' && key === 'refunds') {
    const data = world.store
      .rows('refund')
      .filter(({ data: refund }) => refund.charge === object.id)
    return list(data, `/v1/charges/${object.id}/refunds`)
  }
  if (object.object === 'checkout.session' && key === 'line_items') {
    const items = world.store.get('checkout_session', String(object.id))?.hidden.lineItems ?? []
    return {
      object: 'list',
      data: structuredClone(items),
      has_more: false,
      url: `/v1/checkout/sessions/${object.id}/line_items`,
    }
  }
  return undefined
}

function list(rows: Row<'refund'>[], url: string): Json {
  const data = rows.reverse().map((row) => structuredClone(row.data))
  return { object: 'list', data, has_more: false, url }
}

function rowOf(world: World, id: string): Row | undefined {
  const kind = KIND_OF_PREFIX[id.slice(0, id.indexOf('_'))]
  return kind && (world.store.get(kind, id) as Row | undefined)
}
