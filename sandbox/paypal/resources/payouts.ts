import { endpoint, ok, type Call, type Json, type Reply } from '../endpoint.js'
import { refused } from '../errors.js'
import { minorOf, payoutMoneyOf } from '../money.js'
import { DAY } from '../options.js'
import type { PayoutItemStatus } from '../shapes.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'
import { readBatch } from './payout_request.js'

const KEPT_MS = 30 * DAY

export const payoutEndpoints = [
  endpoint('POST', '/v1/payments/payouts', create, {
    keyed: {
      keptMs: KEPT_MS,
      again: (call, made) => ({
        status: 201,
        body: briefly(call.world, find(call.world, 'payout_batch', made)),
      }),
    },
  }),
  endpoint('GET', '/v1/payments/payouts/{id}', showBatch),
  endpoint('GET', '/v1/payments/payouts-item/{payout_item_id}', ({ world, path }) =>
    ok(showItem(world, find(world, 'payout_item', path.payout_item_id), true))
  ),
  endpoint('POST', '/v1/payments/payouts-item/{payout_item_id}/cancel', cancel),
]

function find<K extends 'payout_batch' | 'payout_item'>(world: World, kind: K, id: string): Row<K> {
  const row = world.store.get(kind, id)
  if (row) return row
  throw refused(404, 'INVALID_RESOURCE_ID', 'Requested resource ID was not found.')
}

function create({ world, body }: Call): Reply {
  const { header, items, currency, total } = readBatch(world, body)
  refuseSecondUse(world, header.sender_batch_id)
  const { final, estimate } = world.options.payoutFee
  const fees = final * items.length
  if (world.ledger.available(currency) < total + fees) {
    throw refused(
      422,
      'INSUFFICIENT_FUNDS',
      'Sender does not have sufficient funds. Please add funds and retry.'
    )
  }
  const id = newId(13)
  const { now, iso } = world.clock
  const outcomes = items.map(({ receiver }) => plannedFor(world, receiver))
  const row = world.store.add(
    'payout_batch',
    id,
    {
      payout_batch_id: id,
      batch_status: 'PENDING',
      time_created: iso,
      sender_batch_header: header,
      funding_source: 'BALANCE',
      amount: payoutMoneyOf(total, currency),
      fees: payoutMoneyOf(estimate * items.length, currency),
    },
    '',
    {
      createdAt: now,
      dueAt: now + world.options.payoutAfterMs,
      denied: outcomes.includes('DENIED'),
    }
  )
  for (const [index, item] of items.entries()) {
    const itemId = newId(13)
    const outcome = outcomes[index]
    world.store.add(
      'payout_item',
      itemId,
      {
        payout_item_id: itemId,
        transaction_status: 'PENDING',
        payout_item_fee: payoutMoneyOf(estimate, currency),
        payout_batch_id: id,
        payout_item: item,
      },
      '',
      {
        parent: id,
        createdAt: now,
        outcome: outcome === 'DENIED' ? undefined : outcome,
        senderBatchId: header.sender_batch_id,
      }
    )
  }
  return { status: 201, body: briefly(world, row), made: id }
}

/** How this payout was ordered to end; a receiver without an account leaves it unclaimed. */
function plannedFor(world: World, receiver: string) {
  const index = world.planned.findIndex((plan) => (plan.receiver ?? receiver) === receiver)
  if (index >= 0) return world.planned.splice(index, 1)[0].outcome
  return hasAccount(world, receiver) ? 'SUCCESS' : 'UNCLAIMED'
}

/** Everybody has one, but for whom a test said otherwise, and addresses that begin like that. */
function hasAccount(world: World, receiver: string): boolean {
  return !world.strangers.has(receiver) && !/^(noaccount|unclaimed)\b/i.test(receiver)
}

function refuseSecondUse(world: World, senderBatchId: string | undefined): void {
  if (!senderBatchId) return
  for (const { id, data, hidden } of world.store.each('payout_batch')) {
    if (data.sender_batch_header.sender_batch_id !== senderBatchId) continue
    if (world.clock.now - (hidden.createdAt ?? 0) >= KEPT_MS) continue
    const original = world.link('self', `/v1/payments/payouts/${id}`)
    const inside = world.options.duplicateBatchLink === 'details'
    throw refused(
      400,
      'USER_BUSINESS_ERROR',
      'User business error.',
      [
        {
          field: 'SENDER_BATCH_ID',
          issue: 'Batch with given sender_batch_id already exists',
          ...(inside && { link: [original] }),
        },
      ],
      inside ? [] : [original]
    )
  }
}

/** What the answer to a new batch and its events carry. */
function briefly(world: World, { id, data }: Row<'payout_batch'>): Json {
  const { payout_batch_id: batch, batch_status: status, time_created: made } = data
  return {
    batch_header: {
      payout_batch_id: batch,
      batch_status: status,
      time_created: made,
      sender_batch_header: data.sender_batch_header,
    },
    links: [world.link('self', `/v1/payments/payouts/${id}`)],
  }
}

function showBatch({ world, path, query }: Call): Reply {
  const row = find(world, 'payout_batch', path.id)
  const all = itemsOf(world, row.id)
  const size = Math.min(Math.max(Number(query.page_size ?? 1000), 1), 1000)
  const page = Math.max(Number(query.page ?? 1), 1)
  const pages = Math.ceil(all.length / size)
  const items = all.slice((page - 1) * size, page * size)
  const at = (rel: string, number: number) =>
    world.link(rel, `/v1/payments/payouts/${row.id}?page_size=${size}&page=${number}`)
  return ok({
    ...(query.total_required === 'true' && { total_items: all.length, total_pages: pages }),
    batch_header: row.data,
    items: items.map((item) => showItem(world, item, false)),
    links: [
      at('self', page),
      ...(page > 1 ? [at('prev', page - 1)] : []),
      ...(page < pages ? [at('next', page + 1)] : []),
    ],
  })
}

function itemsOf(world: World, batch: string): Row<'payout_item'>[] {
  return world.store.rows('payout_item').filter(({ hidden }) => hidden.parent === batch)
}

/** @param alone an item by itself says its sender's batch, too */
function showItem(world: World, { id, data, hidden }: Row<'payout_item'>, alone: boolean): Json {
  return {
    ...data,
    ...(alone && hidden.senderBatchId && { sender_batch_id: hidden.senderBatchId }),
    links: [
      world.link('self', `/v1/payments/payouts-item/${id}`),
      ...(alone ? [world.link('batch', `/v1/payments/payouts/${data.payout_batch_id}`)] : []),
    ],
  }
}

function cancel({ world, path }: Call): Reply {
  const row = find(world, 'payout_item', path.payout_item_id)
  if (row.data.transaction_status !== 'UNCLAIMED') {
    throw refused(
      400,
      row.data.transaction_status === 'RETURNED'
        ? 'ITEM_ALREADY_CANCELLED'
        : 'ITEM_INCORRECT_STATUS',
      'Item can be cancelled only when it is unclaimed.'
    )
  }
  setItem(world, row, 'RETURNED', 'CANCELED')
  return ok(showItem(world, row, true))
}

/** Batches whose time has come are processed, and what nobody claimed comes back. */
export function processPayouts(world: World): void {
  for (const row of world.store.due('payout_batch')) {
    if ((row.hidden.dueAt ?? 0) <= world.clock.now) processBatch(world, row)
  }
  for (const row of world.store.due('payout_item')) {
    if ((row.hidden.dueAt ?? 0) <= world.clock.now) setItem(world, row, 'RETURNED')
  }
}

function processBatch(world: World, row: Row<'payout_batch'>): void {
  delete row.hidden.dueAt
  const items = itemsOf(world, row.id)
  const { final } = world.options.payoutFee
  const { currency } = row.data.amount
  const needed = minorOf(row.data.amount) + final * items.length
  if (row.hidden.denied || world.ledger.available(currency) < needed) {
    row.data.batch_status = 'DENIED'
    row.data.time_completed = world.clock.iso
    for (const item of items) setItem(world, item, 'FAILED', 'DENIED')
  } else {
    row.data.batch_status = 'PROCESSING'
    tellBatch(world, row)
    for (const item of items) setItem(world, item, item.hidden.outcome ?? 'SUCCESS')
    row.data.batch_status = 'SUCCESS'
    row.data.time_completed = world.clock.iso
    row.data.fees = payoutMoneyOf(final * items.length, currency)
  }
  world.store.save(row)
  tellBatch(world, row)
}

/**
 * In which states our balance is without the money. The document says so of those that ended; that a
 * payout on its way, on hold or unclaimed is taken at once is how PayPal's own pages describe it.
 */
const TAKEN: Record<PayoutItemStatus, boolean> = {
  SUCCESS: true,
  PENDING: true,
  UNCLAIMED: true,
  ONHOLD: true,
  FAILED: false,
  BLOCKED: false,
  RETURNED: false,
  REFUNDED: false,
  REVERSED: false,
}

const EVENTS: Partial<Record<PayoutItemStatus, string>> = {
  SUCCESS: 'SUCCEEDED',
  ONHOLD: 'HELD',
  // No event is named after it: a reversal is told as what it does.
  REVERSED: 'RETURNED',
}

const ERRORS: Partial<Record<PayoutItemStatus, [name: string, message: string]>> = {
  UNCLAIMED: ['RECEIVER_UNREGISTERED', 'Receiver is unregistered'],
  FAILED: ['RECEIVER_ACCOUNT_LOCKED', 'Receiver account is locked'],
  BLOCKED: ['RISK_DECLINE', 'Transaction is declined by risk'],
  ONHOLD: ['PENDING_RECIPIENT_NON_HOLDING_CURRENCY_PAYMENT_PREFERENCE', 'Payment is on hold'],
}

/**
 * Brings an item into a state, with what that does to our balance.
 *
 * @param event the last word of the event's type, where it is not that of the state
 */
export function setItem(
  world: World,
  row: Row<'payout_item'>,
  status: PayoutItemStatus,
  event: string = EVENTS[status] ?? status
): void {
  const { data, hidden } = row
  data.transaction_status = status
  data.time_processed = world.clock.iso
  delete hidden.dueAt
  if (status === 'UNCLAIMED') hidden.dueAt = world.clock.now + world.options.unclaimedForMs
  const [name, message] = ERRORS[status] ?? []
  delete data.errors
  if (name && message) data.errors = { name, message, debug_id: newId(13).toLowerCase() }
  if (TAKEN[status] && !hidden.held) take(world, row)
  else if (TAKEN[status]) clear(world, row)
  else if (hidden.held) giveBack(world, row)
  world.store.save(row)
  // A payout that is merely on its way is no news.
  if (status !== 'PENDING') tellItem(world, row, event)
}

/**
 * What a payout's row in Transaction Search carries. Certain, from PayPal's documents: its
 * `transaction_id` is the item's, its code T0001, and its amount negative. Not certain: that the fee is
 * in the same row, and that the item's note is its subject (switch that off with
 * `payoutNotesInReports`). PayPal may repeat `sender_item_id` or `sender_batch_id` as `custom_field` or
 * `invoice_id`; no page promises it, so here it does not.
 */
function take(world: World, row: Row<'payout_item'>): void {
  const { amount, receiver, note } = row.data.payout_item
  const { currency } = amount
  const gross = minorOf(amount)
  const { final: fee } = world.options.payoutFee
  row.data.transaction_id ??= newId()
  row.data.payout_item_fee = payoutMoneyOf(fee, currency)
  row.hidden.held = { gross, fee }
  world.ledger.book({
    code: 'T0001',
    id: row.data.transaction_id,
    gross: -gross,
    fee: -fee,
    currency,
    status: row.data.transaction_status === 'SUCCESS' ? 'S' : 'P',
    subject: world.options.payoutNotesInReports ? note?.slice(0, 256) : undefined,
    email: receiver.includes('@') ? receiver : undefined,
  })
}

/** The money was taken already; now it is with its receiver, or on its way there again. */
function clear(world: World, row: Row<'payout_item'>): void {
  const movement = world.ledger.find(row.data.transaction_id ?? '')
  const status = row.data.transaction_status === 'SUCCESS' ? 'S' : 'P'
  if (movement) world.ledger.change(movement, { status })
}

function giveBack(world: World, row: Row<'payout_item'>): void {
  const { held = { gross: 0, fee: 0 } } = row.hidden
  delete row.hidden.held
  const movement = world.ledger.find(row.data.transaction_id ?? '')
  if (movement) world.ledger.change(movement, { status: 'V' })
  world.ledger.book({
    // Of mass payments: a refund by the receiver is T1115, everything else that comes back T1114.
    code: row.data.transaction_status === 'REFUNDED' ? 'T1115' : 'T1114',
    gross: held.gross,
    fee: world.options.payoutFeeReturned ? held.fee : 0,
    currency: row.data.payout_item.amount.currency,
    reference: row.data.transaction_id,
  })
}

function tellBatch(world: World, row: Row<'payout_batch'>): void {
  const status = row.data.batch_status
  world.emit(`PAYMENT.PAYOUTSBATCH.${status}`, {
    type: 'payouts',
    summary: `Payouts batch is in ${status} status.`,
    resource: briefly(world, row),
  })
}

function tellItem(world: World, row: Row<'payout_item'>, event: string): void {
  world.emit(`PAYMENT.PAYOUTS-ITEM.${event}`, {
    type: 'payouts_item',
    summary: `A payout item is ${row.data.transaction_status}.`,
    resource: showItem(world, row, true),
  })
}
