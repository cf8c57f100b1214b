import type { Json } from '../endpoint.js'
import { refused, type ErrorDetail } from '../errors.js'
import { fits, isCurrency, minorOf } from '../money.js'
import type { PayoutBatch, PayoutItem, PayoutMoney } from '../shapes.js'
import type { World } from '../world.js'

type WantedItem = PayoutItem['payout_item']

export interface WantedBatch {
  header: PayoutBatch['sender_batch_header']
  items: WantedItem[]
  currency: string
  /** Sum of the items in minor units. */
  total: number
}

const TYPES = ['EMAIL', 'PHONE', 'PAYPAL_ID', 'USER_HANDLE'] as const
const WALLETS = ['PAYPAL', 'VENMO'] as const

/** @throws PayPalFailure `VALIDATION_ERROR`, naming the first thing that is wrong */
export function readBatch(world: World, body: Json): WantedBatch {
  const header = body.sender_batch_header as Json | undefined
  if (!header) throw wrong('sender_batch_header', 'Required field is missing')
  if (!Array.isArray(body.items) || body.items.length === 0) {
    throw wrong('items', 'Required field is missing')
  }
  if (body.items.length > 15_000) throw wrong('items', 'Too many items')
  const type = header.recipient_type as string | undefined
  const items = (body.items as Json[]).map((item, at) => readItem(world, item, type, at))
  const currencies = new Set(items.map(({ amount }) => amount.currency))
  if (currencies.size > 1) throw wrong('items', 'All items must have the same currency')
  return {
    header: readHeader(header),
    items,
    currency: items[0].amount.currency,
    total: items.reduce((sum, { amount }) => sum + minorOf(amount), 0),
  }
}

function readHeader(header: Json): WantedBatch['header'] {
  const id = header.sender_batch_id
  if (id !== undefined && (typeof id !== 'string' || id.length > 256)) {
    throw wrong('sender_batch_header.sender_batch_id', 'Must be a string of up to 256 characters')
  }
  const names = ['sender_batch_id', 'recipient_type', 'email_subject', 'email_message'] as const
  return Object.fromEntries(
    names.filter((name) => header[name] !== undefined).map((name) => [name, header[name]])
  )
}

function readItem(world: World, item: Json, type: string | undefined, at: number): WantedItem {
  const field = (name: string) => `items[${at}].${name}`
  const receiver = item.receiver
  if (typeof receiver !== 'string' || receiver.length < 1 || receiver.length > 127) {
    throw wrong(field('receiver'), 'Required field is missing')
  }
  const kind = oneOf(TYPES, item.recipient_type ?? type ?? 'EMAIL', field('recipient_type'))
  const wallet = oneOf(WALLETS, item.recipient_wallet ?? 'PAYPAL', field('recipient_wallet'))
  const amount = readAmount(item.amount, field('amount'))
  const note = item.note as string | undefined
  if (wallet === 'VENMO') {
    if (!note) throw wrong(field('note'), 'Note is required for Venmo')
    if (amount.currency !== 'USD' || world.options.country !== 'US') {
      throw wrong(field('amount.currency'), 'Venmo pays out US dollars only')
    }
  }
  if (kind === 'EMAIL' && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(receiver)) {
    throw wrong(field('receiver'), 'Receiver is invalid')
  }
  const id = item.sender_item_id
  if (id !== undefined && (typeof id !== 'string' || id.length > 63)) {
    throw wrong(field('sender_item_id'), 'Must be a string of up to 63 characters')
  }
  return {
    recipient_type: kind,
    amount,
    ...(note !== undefined && { note }),
    receiver,
    ...(id !== undefined && { sender_item_id: id }),
    recipient_wallet: wallet,
    ...(typeof item.purpose === 'string' && { purpose: item.purpose }),
  }
}

function readAmount(value: unknown, field: string): PayoutMoney {
  const { currency, value: text } = (value ?? {}) as Partial<PayoutMoney>
  if (typeof currency !== 'string' || !isCurrency(currency)) {
    throw wrong(`${field}.currency`, 'Currency is invalid')
  }
  if (typeof text !== 'string' || !/^\d+([.]\d+)?$/.test(text) || Number(text) <= 0) {
    throw wrong(`${field}.value`, 'Amount is invalid')
  }
  if (!fits(text, currency)) throw wrong(`${field}.value`, 'Too many decimals for the currency')
  return { currency, value: text }
}

function oneOf<T extends string>(known: readonly T[], value: unknown, field: string): T {
  if (!known.includes(value as T)) throw wrong(field, `Must be one of ${known.join(', ')}`)
  return value as T
}

function wrong(field: string, issue: string) {
  const details: ErrorDetail[] = [{ field, issue, location: 'body' }]
  return refused(400, 'VALIDATION_ERROR', 'Invalid request - see details', details)
}
