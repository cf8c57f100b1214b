import type { Json } from '../endpoint.js'
import { invalid, unprocessable } from '../errors.js'
import { minorOf, moneyOf, readMoney } from '../money.js'
import type { Money, PurchaseUnit, Wallet } from '../shapes.js'
import type { World } from '../world.js'

/** What a caller wants paid, read and checked. */
export interface WantedOrder {
  units: PurchaseUnit[]
  wallet?: Wallet
  source?: Json
  /** Nothing that clears later, such as an eCheck. */
  immediate: boolean
  returnUrl?: string
  cancelUrl?: string
}

/** @throws PayPalFailure naming what is wrong, as the document of Orders v2 does */
export function readOrder(world: World, body: Json): WantedOrder {
  if (body.intent === undefined) throw invalid('MISSING_REQUIRED_PARAMETER', '/intent')
  if (body.intent !== 'CAPTURE' && body.intent !== 'AUTHORIZE') {
    throw invalid('INVALID_PARAMETER_VALUE', '/intent')
  }
  if (body.intent === 'AUTHORIZE') {
    throw unprocessable(
      'AUTH_CAPTURE_NOT_ENABLED',
      'Authorization and Capture feature is not enabled for the merchant. Make sure that the recipient of the funds is a verified business account.',
      '/intent'
    )
  }
  const units = readUnits(world, body.purchase_units)
  const { wallet, source, context } = readSource(world, body, units[0].amount.currency_code)
  return {
    units,
    wallet,
    source,
    immediate: context.payment_method_preference === 'IMMEDIATE_PAYMENT_REQUIRED',
    returnUrl: addressOf(context, 'return_url'),
    cancelUrl: addressOf(context, 'cancel_url'),
  }
}

function addressOf(context: Json, name: string): string | undefined {
  const address = textOf(context, name, `/${name}`, 4000)
  if (address === undefined || URL.canParse(address)) return address
  throw invalid('INVALID_PARAMETER_SYNTAX', `/${name}`)
}

function readUnits(world: World, wanted: unknown): PurchaseUnit[] {
  if (!Array.isArray(wanted)) throw invalid('MISSING_REQUIRED_PARAMETER', '/purchase_units')
  if (wanted.length < 1) throw invalid('INVALID_ARRAY_MIN_ITEMS', '/purchase_units')
  if (wanted.length > 10) throw invalid('INVALID_ARRAY_MAX_ITEMS', '/purchase_units')
  const units = (wanted as Json[]).map((unit, index) => readUnit(world, unit, index))
  const names = new Set(units.map(({ reference_id: name }) => name))
  if (names.size < units.length) {
    throw unprocessable(
      'DUPLICATE_REFERENCE_ID',
      '`reference_id` must be unique if multiple `purchase_unit` are provided.',
      '/purchase_units'
    )
  }
  if (new Set(units.map(({ amount }) => amount.currency_code)).size > 1) {
    throw unprocessable(
      'MULTI_CURRENCY_ORDER',
      'Multiple differing values of currency_code are not supported. Entire Order request must have the same currency_code.',
      '/purchase_units'
    )
  }
  return units
}

function readUnit(world: World, unit: Json, index: number): PurchaseUnit {
  const at = `/purchase_units/${index}`
  const text = (name: string, limit: number) => textOf(unit, name, `${at}/${name}`, limit)
  const { minor, currency } = readMoney(unit.amount, `${at}/amount`)
  const { breakdown } = unit.amount as PurchaseUnit['amount']
  if (breakdown) checkBreakdown(minor, breakdown, unit.items as Json[] | undefined, at)
  const optional = {
    description: text('description', 127),
    custom_id: text('custom_id', 127),
    invoice_id: text('invoice_id', 127),
    soft_descriptor: text('soft_descriptor', 22),
    items: unit.items as Json[] | undefined,
  }
  return {
    reference_id: text('reference_id', 256) ?? 'default',
    amount: { ...moneyOf(minor, currency), ...(breakdown && { breakdown }) },
    payee: world.merchant,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  }
}

/** The parts of an amount must make it up, and its items their part. */
function checkBreakdown(
  minor: number,
  breakdown: Record<string, Money>,
  items: Json[] | undefined,
  at: string
): void {
  const part = (name: string) => (breakdown[name] ? minorOf(breakdown[name]) : 0)
  const added = ['item_total', 'tax_total', 'shipping', 'handling', 'insurance'].map(part)
  const sum = added.reduce((a, b) => a + b, 0) - part('shipping_discount') - part('discount')
  if (sum !== minor) {
    throw unprocessable(
      'AMOUNT_MISMATCH',
      'Should equal item_total + tax_total + shipping + handling + insurance - shipping_discount - discount.',
      `${at}/amount/value`
    )
  }
  const total = items?.reduce(
    (total_, item) => total_ + minorOf(item.unit_amount as Money) * Number(item.quantity),
    0
  )
  if (total !== undefined && total !== part('item_total')) {
    throw unprocessable(
      'ITEM_TOTAL_MISMATCH',
      'Should equal sum of (unit_amount * quantity) across all items for a given purchase_unit.',
      `${at}/amount/breakdown/item_total`
    )
  }
}

function readSource(
  world: World,
  body: Json,
  currency: string
): { wallet?: Wallet; source?: Json; context: Json } {
  const wanted = body.payment_source as Partial<Record<Wallet, Json>> | undefined
  const context = body.application_context as Json | undefined
  if (!wanted) return { context: context ?? {} }
  const [name] = Object.keys(wanted)
  if (name !== 'paypal' && name !== 'venmo') throw cannotBeUsed(`/payment_source/${name}`)
  // Venmo is for payers and sellers in the US, and their dollars.
  if (name === 'venmo' && (currency !== 'USD' || world.options.country !== 'US')) {
    throw cannotBeUsed('/payment_source/venmo')
  }
  const { experience_context: experience, ...source } = wanted[name] ?? {}
  return { wallet: name, source, context: { ...context, ...(experience as Json | undefined) } }
}

function cannotBeUsed(field: string) {
  return unprocessable(
    'PAYMENT_SOURCE_CANNOT_BE_USED',
    'The provided payment source cannot be used to pay for the order. Please try again with a different payment source by creating a new order.',
    field
  )
}

/** A string of a request, if it is there. */
export function textOf(from: Json, name: string, field: string, limit: number): string | undefined {
  const value = from[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw invalid('INVALID_PARAMETER_SYNTAX', field)
  if (value.length < 1 || value.length > limit) throw invalid('INVALID_STRING_LENGTH', field)
  return value
}
