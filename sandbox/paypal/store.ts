import { randomText } from '../common/random.js'
import { Store as CommonStore, type Row as CommonRow } from '../common/store.js'
import type { Delivery } from '../common/webhooks.js'
import type { RequestIdUse } from './request_ids.js'
import type {
  Capture,
  Dispute,
  Movement,
  Order,
  PayoutBatch,
  PayoutItem,
  Refund,
  WebhookEvent,
} from './shapes.js'

/** What is kept, by kind. Objects are in PayPal's own shape, without what is put in when they are shown. */
export interface Kinds {
  capture: Capture
  clock: { offset: number }
  delivery: Delivery
  dispute: Dispute
  event: WebhookEvent
  key_pair: { certificate: string; privateKey: string }
  movement: Movement
  order: Order
  payout_batch: PayoutBatch
  payout_item: PayoutItem
  refund: Refund
  request_id: RequestIdUse
  token: { expiresAt: number }
}
export type Kind = keyof Kinds

/** How a payer's means of payment behaves. */
export type Instrument = 'balance' | 'declined' | 'refused' | 'echeck' | 'review' | 'disputed'

/** What the stand-in knows of an object and PayPal does not show. Times in sandbox milliseconds. */
export interface Hidden {
  /** When something is due by itself: an order's end, a batch, an unclaimed payout's return. */
  dueAt?: number
  createdAt?: number
  /** Of an order. */
  wallet?: 'paypal' | 'venmo'
  /** Nothing that clears later is offered to its payer. */
  immediate?: boolean
  returnUrl?: string
  cancelUrl?: string
  instrument?: Instrument
  /** It was not used in time: for its caller it does not exist. */
  expired?: boolean
  /** What it belongs to: a capture's order, a refund's capture, a dispute's capture. */
  parent?: string
  /** Of a payout item: it was ordered to end like that, and what of our balance it holds. */
  outcome?: 'SUCCESS' | 'FAILED' | 'PENDING' | 'UNCLAIMED' | 'ONHOLD' | 'BLOCKED'
  /** Of a batch: it will be denied. */
  denied?: boolean
  held?: { gross: number; fee: number }
  senderBatchId?: string
  /** Of a dispute: what it has taken and not given back, in minor units. */
  withdrawn?: number
  feeTaken?: number
  submitted?: boolean
}

export type Row<K extends Kind = Kind> = CommonRow<Kinds, Hidden, K>

const DIGITS_AND_CAPITALS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** A new id. It is random, so that a reset sandbox never repeats an id that a database remembers. */
export function newId(length = 17): string {
  return randomText(DIGITS_AND_CAPITALS, length)
}

/** A new id of an account, whose alphabet has nothing that looks like something else. */
export function newAccountId(): string {
  return randomText('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', 13)
}

export class Store extends CommonStore<Kinds, Hidden> {}
