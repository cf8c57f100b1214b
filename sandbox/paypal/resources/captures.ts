import { endpoint, ok, type Json } from '../endpoint.js'
import { minorOf, moneyOf } from '../money.js'
import type { Capture, CaptureStatus, PurchaseUnit } from '../shapes.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'
import { openDispute } from './disputes.js'

export const captureEndpoints = [
  endpoint('GET', '/v2/payments/captures/{capture_id}', ({ world, path }) =>
    ok({
      ...showCapture(world, world.find('capture', path.capture_id)),
      ...aboutOrder(world, path.capture_id),
    })
  ),
]

/** A capture as the API shows it inside its order. */
export function showCapture(world: World, { id, data, hidden }: Row<'capture'>): Json {
  const path = `/v2/payments/captures/${id}`
  return {
    ...data,
    links: [
      world.link('self', path),
      world.link('refund', `${path}/refund`, 'POST'),
      world.link('up', `/v2/checkout/orders/${hidden.parent}`),
    ],
  }
}

/** What a capture says by itself, and does not inside its order. */
function aboutOrder(world: World, id: string): Json {
  const row = world.store.get('capture', id)
  return {
    supplementary_data: { related_ids: { order_id: row?.hidden.parent ?? '' } },
    payee: world.merchant,
  }
}

/** Money of it has come, whatever has become of it since. */
export function wasCaptured({ status }: Capture): boolean {
  return status !== 'DECLINED' && status !== 'FAILED'
}

const PENDING_REASONS: Partial<Record<string, string>> = {
  echeck: 'ECHECK',
  review: 'PENDING_REVIEW',
}

/** Takes the money of one purchase unit, or starts to. */
export function capture(world: World, order: Row<'order'>, unit: PurchaseUnit): Row<'capture'> {
  const id = newId()
  const { instrument = 'balance' } = order.hidden
  const pending = PENDING_REASONS[instrument]
  const { iso, now } = world.clock
  const row = world.store.add(
    'capture',
    id,
    {
      id,
      status: instrument === 'refused' ? 'DECLINED' : pending ? 'PENDING' : 'COMPLETED',
      ...(pending && { status_details: { reason: pending } }),
      amount: { currency_code: unit.amount.currency_code, value: unit.amount.value },
      final_capture: true,
      seller_protection: {
        status: 'ELIGIBLE',
        dispute_categories: ['ITEM_NOT_RECEIVED', 'UNAUTHORIZED_TRANSACTION'],
      },
      disbursement_mode: 'INSTANT',
      ...(unit.custom_id && { custom_id: unit.custom_id }),
      ...(unit.invoice_id && { invoice_id: unit.invoice_id }),
      create_time: iso,
      update_time: iso,
    },
    unit.reference_id,
    { parent: order.id, instrument, createdAt: now }
  )
  if (row.data.status === 'DECLINED') tell(world, row, 'DECLINED')
  else if (pending) {
    bookCapture(world, row, { uncleared: true })
    tell(world, row, 'PENDING')
  } else complete(world, row)
  return row
}

/** The money has come: it is in our balance, less the fee. */
function complete(world: World, row: Row<'capture'>): void {
  const { amount } = row.data
  const { currency_code: currency } = amount
  const gross = minorOf(amount)
  const { bps, fixed } = world.options.fees
  // Rounded half up; what is fixed is per currency at PayPal, and the same everywhere here.
  const fee = Math.min(gross, Math.floor((gross * bps + 5000) / 10_000) + fixed)
  row.data.seller_receivable_breakdown = {
    gross_amount: moneyOf(gross, currency),
    paypal_fee: moneyOf(fee, currency),
    net_amount: moneyOf(gross - fee, currency),
  }
  const waiting = world.ledger.find(row.id)
  if (waiting) world.ledger.change(waiting, { status: 'S', affects: true, fee: -fee })
  else bookCapture(world, row, { fee: -fee })
  delete row.data.status_details
  change(world, row, 'COMPLETED')
  tell(world, row, 'COMPLETED')
  if (row.hidden.instrument === 'disputed') openDispute(world, row)
}

function bookCapture(
  world: World,
  row: Row<'capture'>,
  { fee, uncleared }: { fee?: number; uncleared?: boolean }
): void {
  const { amount, invoice_id: invoiceId, custom_id: customField } = row.data
  const email = world.store.get('order', row.hidden.parent ?? '')?.data.payer?.email_address
  world.ledger.book({
    code: 'T0006',
    id: row.id,
    gross: minorOf(amount),
    currency: amount.currency_code,
    fee,
    status: uncleared ? 'P' : 'S',
    uncleared,
    invoiceId,
    customField,
    email,
  })
}

function change(world: World, row: Row<'capture'>, status: CaptureStatus): void {
  row.data.status = status
  row.data.update_time = world.clock.iso
  world.store.save(row)
}

function tell(world: World, row: Row<'capture'>, what: string): void {
  const { value, currency_code: currency } = row.data.amount
  world.emit(`PAYMENT.CAPTURE.${what}`, {
    type: 'capture',
    version: '2.0',
    summary: `Payment ${what.toLowerCase()} for ${value} ${currency}`,
    resource: { ...showCapture(world, row), ...aboutOrder(world, row.id) },
  })
}

/** A capture that waited for the payer's bank has its money. */
export function settleCapture(world: World, row: Row<'capture'>): void {
  mustBePending(row)
  complete(world, row)
}

/** A capture that waited gets no money after all. */
export function declineCapture(
  world: World,
  row: Row<'capture'>,
  as: 'DECLINED' | 'DENIED' = 'DENIED'
): void {
  mustBePending(row)
  const movement = world.ledger.find(row.id)
  if (movement) world.ledger.change(movement, { status: 'D' })
  delete row.data.status_details
  change(world, row, 'DECLINED')
  tell(world, row, as)
}

function mustBePending({ id, data }: Row<'capture'>): void {
  if (data.status !== 'PENDING') throw new Error(`Capture ${id} is ${data.status}, not PENDING`)
}

/**
 * PayPal itself takes the money of a capture back, such as after a payment by a stranger. The document
 * has no status of its own for it.
 */
export function reverseCapture(world: World, row: Row<'capture'>): void {
  if (row.data.status !== 'COMPLETED') throw new Error(`Capture ${row.id} is ${row.data.status}`)
  const { amount, invoice_id: invoiceId, custom_id: customField } = row.data
  const { currency_code: currency } = amount
  const movement = world.ledger.find(row.id)
  if (movement) world.ledger.change(movement, { status: 'V' })
  const reversal = world.ledger.book({
    code: 'T1106',
    gross: -minorOf(amount),
    currency,
    reference: row.id,
    invoiceId,
    customField,
  })
  row.data.status_details = { reason: 'CHARGEBACK' }
  change(world, row, 'REFUNDED')
  const { transaction_id: id } = reversal.data
  const { iso } = world.clock
  world.emit('PAYMENT.CAPTURE.REVERSED', {
    type: 'refund',
    version: '2.0',
    summary: `A ${amount.value} ${currency} capture payment was reversed`,
    resource: {
      id,
      status: 'COMPLETED',
      amount,
      ...(invoiceId && { invoice_id: invoiceId }),
      ...(customField && { custom_id: customField }),
      note_to_payer: 'Payment reversed',
      seller_payable_breakdown: {
        gross_amount: amount,
        paypal_fee: moneyOf(0, currency),
        net_amount: amount,
        total_refunded_amount: amount,
      },
      create_time: iso,
      update_time: iso,
      links: [
        world.link('self', `/v2/payments/refunds/${id}`),
        world.link('up', `/v2/payments/captures/${row.id}`),
      ],
    },
  })
}

/** How much of a capture went back so far, or is on its way. */
export function refundedOf(world: World, captureId: string): number {
  let sum = 0
  for (const { data, hidden } of world.store.each('refund')) {
    const counts = data.status === 'COMPLETED' || data.status === 'PENDING'
    if (hidden.parent === captureId && counts) sum += minorOf(data.amount)
  }
  return sum
}

/** Says how much of a capture went back. */
export function markRefunded(world: World, row: Row<'capture'>): void {
  let sum = 0
  for (const { data, hidden } of world.store.each('refund')) {
    if (hidden.parent === row.id && data.status === 'COMPLETED') sum += minorOf(data.amount)
  }
  if (sum === 0) return change(world, row, 'COMPLETED')
  change(world, row, sum === minorOf(row.data.amount) ? 'REFUNDED' : 'PARTIALLY_REFUNDED')
}
