import { endpoint, ok, type Call, type Reply } from '../endpoint.js'
import { invalid, unprocessable } from '../errors.js'
import type { Payer, Wallet } from '../shapes.js'
import { newAccountId, newId, type Instrument, type Row } from '../store.js'
import type { World } from '../world.js'
import { capture, wasCaptured } from './captures.js'
import { readOrder } from './order_request.js'
import { showBriefly, showOrder } from './order_shape.js'

const HOUR = 3_600_000
const KEPT_MS = 6 * HOUR

export const orderEndpoints = [
  endpoint('POST', '/v2/checkout/orders', create, {
    keyed: { keptMs: KEPT_MS, again: (call, made) => shown(call, call.world.find('order', made)) },
  }),
  endpoint('GET', '/v2/checkout/orders/{id}', ({ world, path }) =>
    ok(showOrder(world, world.find('order', path.id)))
  ),
  endpoint('POST', '/v2/checkout/orders/{id}/capture', captureOrder, {
    keyed: { keptMs: KEPT_MS, again: (call, made) => shown(call, call.world.find('order', made)) },
  }),
]

function shown({ world, whole }: Call, row: Row<'order'>, status = 200): Reply {
  return { status, body: (whole ? showOrder : showBriefly)(world, row), made: row.id }
}

function create(call: Call): Reply {
  const { world, body, requestId } = call
  if (body.payment_source && !requestId) {
    throw invalid('PAYPAL_REQUEST_ID_REQUIRED', 'PayPal-Request-Id', 'header')
  }
  const { units, wallet, source, ...ways } = readOrder(world, body)
  for (const { invoice_id: invoice } of units) refuseSecondUse(world, invoice)
  const id = newId()
  const { now, iso } = world.clock
  const row = world.store.add(
    'order',
    id,
    {
      id,
      intent: 'CAPTURE',
      status: wallet ? 'PAYER_ACTION_REQUIRED' : 'CREATED',
      purchase_units: units,
      ...(wallet && { payment_source: { [wallet]: source } }),
      create_time: iso,
    },
    '',
    { ...ways, wallet, createdAt: now, dueAt: now + world.options.orderLifetimeMs }
  )
  return shown(call, row, 201)
}

function captureOrder(call: Call): Reply {
  const { world, path } = call
  const row = world.find('order', path.id)
  const { status, purchase_units: units } = row.data
  if (status === 'COMPLETED') {
    throw unprocessable(
      'ORDER_ALREADY_CAPTURED',
      "Order already captured.If 'intent=CAPTURE' only one capture per order is allowed."
    )
  }
  if (status !== 'APPROVED') {
    throw unprocessable(
      'ORDER_NOT_APPROVED',
      "Payer has not yet approved the Order for payment. Please redirect the payer to the 'rel':'approve' url returned as part of the HATEOAS links within the Create Order call or provide a valid `payment_source` in the request."
    )
  }
  for (const { invoice_id: invoice } of units) refuseSecondUse(world, invoice)
  if (row.hidden.instrument === 'declined') throw declined(world, row)
  for (const unit of units) capture(world, row, unit)
  delete row.hidden.dueAt
  change(world, row, 'COMPLETED')
  return shown(call, row, 201)
}

/** The payer may choose another means of payment; the order waits for that. */
function declined(world: World, row: Row<'order'>) {
  const { orderAfterDecline: after } = world.options
  change(world, row, row.data.payment_source || after === 'APPROVED' ? after : 'CREATED')
  return unprocessable(
    'INSTRUMENT_DECLINED',
    "The instrument presented  was either declined by the processor or bank, or it can't be used for this payment.",
    undefined,
    [{ href: `${world.url}/checkoutnow?token=${row.id}`, rel: 'redirect', method: 'GET' }]
  )
}

/** What an invoice paid once cannot be paid for again, as the account's setting has it. */
function refuseSecondUse(world: World, invoice: string | undefined): void {
  if (invoice === undefined) return
  for (const { data } of world.store.each('capture')) {
    if (data.invoice_id !== invoice || !wasCaptured(data)) continue
    throw unprocessable(
      'DUPLICATE_INVOICE_ID',
      'Duplicate Invoice ID detected. To avoid a potential duplicate transaction your account setting requires that Invoice Id be unique for each transaction.'
    )
  }
}

function change(world: World, row: Row<'order'>, status: Row<'order'>['data']['status']): void {
  row.data.status = status
  row.data.update_time = world.clock.iso
  world.store.save(row)
}

/** Who pays, unless a test says otherwise. */
const PAYER: Omit<Payer, 'payer_id'> = {
  email_address: 'clara.client@example.com',
  name: { given_name: 'Clara', surname: 'Client' },
  address: { country_code: 'US' },
}

export interface Approval {
  /** How the payer's means of payment behaves at the capture. Default: it pays from a balance. */
  instrument?: Instrument
  email?: string
}

/**
 * The payer agrees.
 *
 * @throws Error if the order is not one that can be agreed to (any more)
 */
export function approve(world: World, row: Row<'order'>, approval: Approval = {}): void {
  const { status } = row.data
  if (row.hidden.expired || status === 'COMPLETED' || status === 'VOIDED') {
    throw new Error(
      `Order ${row.id} cannot be approved: ${row.hidden.expired ? 'expired' : status}`
    )
  }
  const wallet = row.hidden.wallet ?? 'paypal'
  const payer: Payer = {
    ...PAYER,
    ...(approval.email && { email_address: approval.email }),
    payer_id: row.data.payer?.payer_id ?? newAccountId(),
  }
  row.data.payer = payer
  row.data.payment_source = { [wallet]: accountOf(wallet, payer) }
  row.hidden.instrument = approval.instrument ?? 'balance'
  change(world, row, 'APPROVED')
  world.emit('CHECKOUT.ORDER.APPROVED', {
    type: 'checkout-order',
    version: '2.0',
    summary: 'An order has been approved by buyer',
    resource: showOrder(world, row),
  })
}

function accountOf(wallet: Wallet, { email_address: email, payer_id: id, name, address }: Payer) {
  const account = { email_address: email, account_id: id, name, address }
  return wallet === 'venmo'
    ? { ...account, user_name: 'clara-client' }
    : { ...account, account_status: 'VERIFIED' }
}

/** PayPal takes an approval back before the capture; the order is gone with it. */
export function reverseApproval(world: World, row: Row<'order'>): void {
  if (row.data.status !== 'APPROVED') throw new Error(`Order ${row.id} is not approved`)
  expire(world, row)
  world.emit('CHECKOUT.PAYMENT-APPROVAL.REVERSED', {
    type: 'payment-approval',
    summary: 'A payment has been reversed after approval.',
    resource: {
      order_id: row.id,
      purchase_units: row.data.purchase_units,
      payment_source: row.data.payment_source,
    },
  })
}

/** What nobody captured in time is gone: for its caller there is no such order any more. */
export function expireOrders(world: World): void {
  for (const row of world.store.due('order')) {
    if ((row.hidden.dueAt ?? 0) > world.clock.now) continue
    if (row.data.status === 'APPROVED') reverseApproval(world, row)
    else expire(world, row)
  }
}

function expire(world: World, row: Row<'order'>): void {
  delete row.hidden.dueAt
  row.hidden.expired = true
  change(world, row, 'VOIDED')
}

/** Where the payer goes when they are done at PayPal. */
export function wayBack(row: Row<'order'>, agreed: boolean): string | undefined {
  const target = agreed ? row.hidden.returnUrl : row.hidden.cancelUrl
  if (!target) return undefined
  const url = new URL(target)
  url.searchParams.set('token', row.id)
  if (agreed) url.searchParams.set('PayerID', row.data.payer?.payer_id ?? '')
  return url.href
}
