import { endpoint, ok, type Call, type Json, type Reply } from '../endpoint.js'
import { unprocessable } from '../errors.js'
import { minorOf, moneyOf, readMoney } from '../money.js'
import { DAY } from '../options.js'
import type { Refund } from '../shapes.js'
import { newId, type Row } from '../store.js'
import type { World } from '../world.js'
import { markRefunded, refundedOf } from './captures.js'
import { openDisputeOf } from './disputes.js'
import { textOf } from './order_request.js'

export const refundEndpoints = [
  endpoint('POST', '/v2/payments/captures/{capture_id}/refund', create, {
    keyed: {
      keptMs: 45 * DAY,
      again: (call, made) => shown(call, call.world.find('refund', made)),
    },
  }),
  endpoint('GET', '/v2/payments/refunds/{refund_id}', ({ world, path }) =>
    ok(showRefund(world, world.find('refund', path.refund_id)))
  ),
]

function showRefund(world: World, { id, data, hidden }: Row<'refund'>): Json {
  return {
    ...data,
    links: [
      world.link('self', `/v2/payments/refunds/${id}`),
      world.link('up', `/v2/payments/captures/${hidden.parent}`),
    ],
  }
}

/** Always 201: of the answer to a repetition, only the document of orders says that it is another. */
function shown({ world, whole }: Call, row: Row<'refund'>): Reply {
  const { links, ...all } = showRefund(world, row)
  const body = whole ? { ...all, links } : { id: row.id, status: row.data.status, links }
  return { status: 201, body, made: row.id }
}

function create(call: Call): Reply {
  const { world, path, body } = call
  const capture = world.find('capture', path.capture_id)
  const { amount: captured, status } = capture.data
  const { currency_code: currency } = captured
  const left = minorOf(captured) - refundedOf(world, capture.id)
  const wanted = body.amount === undefined ? undefined : readMoney(body.amount, '/amount')
  if (wanted && wanted.currency !== currency) {
    throw unprocessable(
      'REFUND_CAPTURE_CURRENCY_MISMATCH',
      'Refund must be in the same currency as the capture',
      '/amount/currency_code'
    )
  }
  refuseByState(world, capture, status, left)
  const minor = wanted?.minor ?? left
  if (minor > left) {
    throw unprocessable(
      'REFUND_AMOUNT_EXCEEDED',
      'The refund amount must be less than or equal to the capture amount that has not yet been refunded.',
      '/amount/value'
    )
  }
  const invoiceId = textOf(body, 'invoice_id', '/invoice_id', 127)
  const customId = textOf(body, 'custom_id', '/custom_id', 127)
  const note = textOf(body, 'note_to_payer', '/note_to_payer', 255)
  refuseSecondUse(world, invoiceId)
  const pends = world.refundsPend || world.slowlyRefunded.has(capture.id)
  if (!pends && world.ledger.available(currency) < minor) {
    throw unprocessable(
      'REFUND_FAILED_INSUFFICIENT_FUNDS',
      'Capture could not be refunded due to insufficient funds. Please check to see if you have sufficient funds in your PayPal account or if the bank account linked to your PayPal account is verified and has sufficient funds.'
    )
  }
  const id = newId()
  const { iso, now } = world.clock
  const gross = moneyOf(minor, currency)
  const refund: Refund = {
    id,
    status: 'PENDING',
    ...(pends && { status_details: { reason: 'ECHECK' } }),
    amount: gross,
    ...(invoiceId && { invoice_id: invoiceId }),
    ...(customId && { custom_id: customId }),
    ...(note && { note_to_payer: note }),
    seller_payable_breakdown: {
      gross_amount: gross,
      // PayPal keeps the fee of a payment that goes back.
      paypal_fee: moneyOf(0, currency),
      net_amount: gross,
      total_refunded_amount: moneyOf(minorOf(captured) - left + minor, currency),
    },
    create_time: iso,
    update_time: iso,
  }
  const hidden = { parent: capture.id, createdAt: now }
  const row = world.store.add('refund', id, refund, '', hidden)
  if (pends) tell(world, row, 'PAYMENT.REFUND.PENDING', 'is pending')
  else settleRefund(world, row)
  return shown(call, row)
}

/** Reasons that lie in the capture, in the order in which they matter. */
function refuseByState(world: World, capture: Row<'capture'>, status: string, left: number): void {
  if (status === 'PENDING') {
    throw unprocessable(
      'PENDING_CAPTURE',
      'Cannot initiate a refund as the capture is pending. Capture is typically pending when the payer has funded the transaction using e-check/bank funded.'
    )
  }
  if (status === 'DECLINED' || status === 'FAILED') {
    throw unprocessable('REFUND_NOT_ALLOWED', 'Capture cannot be refunded.')
  }
  if (status === 'REFUNDED' || left === 0) {
    throw unprocessable('CAPTURE_FULLY_REFUNDED', 'The capture has already been fully refunded')
  }
  if (world.clock.now - (capture.hidden.createdAt ?? 0) > world.options.refundableMs) {
    throw unprocessable(
      'REFUND_TIME_LIMIT_EXCEEDED',
      'You are over the time limit to perform a refund on this capture'
    )
  }
  const dispute = openDisputeOf(world, capture.id)
  if (dispute?.data.dispute_life_cycle_stage === 'INQUIRY') {
    // PayPal refuses a part, and may let the whole go; here nothing does.
    throw unprocessable(
      'TRANSACTION_DISPUTED',
      'Partial refunds cannot be offered at this time because there is an open case on this transaction. Visit the PayPal Resolution Center to review this case.'
    )
  }
  if (dispute) {
    throw unprocessable(
      'REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK',
      'Refunds are not allowed on this capture due to a chargeback on the card or bank. Please contact the payee to resolve the chargeback.'
    )
  }
}

/** A refund's own invoice id is good for one refund. */
function refuseSecondUse(world: World, invoiceId: string | undefined): void {
  if (!invoiceId) return
  for (const { data } of world.store.each('refund')) {
    if (data.invoice_id !== invoiceId || data.status === 'FAILED' || data.status === 'CANCELLED')
      continue
    throw unprocessable(
      'DUPLICATE_INVOICE_ID',
      'Invoice ID was previously used to refund a capture.'
    )
  }
}

/** The money goes back to the payer. */
export function settleRefund(world: World, row: Row<'refund'>): void {
  mustBePending(row)
  const capture = world.find('capture', row.hidden.parent ?? '')
  const { amount, invoice_id: invoiceId, custom_id: customField } = row.data
  world.ledger.book({
    code: 'T1107',
    id: row.id,
    gross: -minorOf(amount),
    currency: amount.currency_code,
    reference: capture.id,
    // PayPal's reports are said to repeat the payment's own ids where a refund brings none.
    invoiceId: invoiceId ?? capture.data.invoice_id,
    customField: customField ?? capture.data.custom_id,
  })
  end(world, row, 'COMPLETED')
  markRefunded(world, capture)
  tell(world, row, 'PAYMENT.CAPTURE.REFUNDED', 'was refunded')
}

/** A refund that waited does not reach the payer; it has taken nothing of our balance. */
export function failRefund(world: World, row: Row<'refund'>): void {
  mustBePending(row)
  end(world, row, 'FAILED')
  tell(world, row, 'PAYMENT.REFUND.FAILED', 'was not refunded')
}

function end(world: World, row: Row<'refund'>, status: Refund['status']): void {
  delete row.data.status_details
  row.data.status = status
  row.data.update_time = world.clock.iso
  world.store.save(row)
}

function mustBePending({ id, data }: Row<'refund'>): void {
  if (data.status !== 'PENDING') throw new Error(`Refund ${id} is ${data.status}, not PENDING`)
}

function tell(world: World, row: Row<'refund'>, type: string, how: string): void {
  const { value, currency_code: currency } = row.data.amount
  world.emit(type, {
    type: 'refund',
    version: '2.0',
    summary: `A ${value} ${currency} capture payment ${how}`,
    resource: showRefund(world, row),
  })
}
