import type Stripe from 'stripe'
import { randomText } from '../common/random.js'
import { Store as CommonStore, type Row as CommonRow } from '../common/store.js'
import type { Delivery } from '../common/webhooks.js'
import type { StoredAnswer } from './idempotency.js'

/** What is kept, by kind. Objects are in Stripe's own shape, unexpanded. */
export interface Kinds {
  account: Stripe.Account
  account_link: { account: string; refreshUrl: string; returnUrl: string; expiresAt: number }
  balance_transaction: Stripe.BalanceTransaction
  charge: Stripe.Charge
  checkout_session: Stripe.Checkout.Session
  clock: { offset: number }
  delivery: Delivery
  dispute: Stripe.Dispute
  event: StoredEvent
  idempotency: StoredAnswer
  payment_intent: Stripe.PaymentIntent
  payment_method: Stripe.PaymentMethod
  payout: Stripe.Payout
  refund: Stripe.Refund
  topup: Stripe.Topup
  transfer: Stripe.Transfer
  transfer_reversal: Stripe.TransferReversal
}
export type Kind = keyof Kinds

/** An event as it is kept and sent; `data.object` is a snapshot of any kind of object. */
export interface StoredEvent {
  id: string
  object: 'event'
  account?: string
  api_version: string
  created: number
  data: { object: Record<string, unknown>; previous_attributes?: Record<string, unknown> }
  livemode: false
  pending_webhooks: number
  request: { id: string | null; idempotency_key: string | null } | null
  type: string
}

/** What the stand-in knows of an object and Stripe does not show. Times in sandbox milliseconds. */
export interface Hidden {
  /** When something is due by itself: a late fee, a payout's arrival, a refund's outcome, the end of a dispute's time. */
  dueAt?: number
  /** How the test card of this payment behaves later. */
  card?: string
  /** Given to the intent that a checkout session makes when it is paid. */
  intent?: Record<string, unknown>
  lineItems?: Record<string, unknown>[]
  /** The automatic payout that carried this balance transaction. */
  payout?: string
  /** Refund that fails by itself when due, as `pm_card_refundFail` does. */
  fails?: boolean
  /** Evidence of a dispute was sent in, and no more is taken. */
  submitted?: boolean
  /** Evidence of a dispute is taken as often as it comes. */
  resubmittable?: boolean
  /** Money that the dispute has taken from the platform and not given back. */
  withdrawn?: number
  /** The connected account has taken our access to it away. */
  left?: boolean
}

export type Row<K extends Kind = Kind> = CommonRow<Kinds, Hidden, K>

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A new id. It is random, so that a reset sandbox never repeats an id that a database remembers. */
export function newId(prefix: string, length = 24): string {
  return `${prefix}_${randomText(ALPHABET, length)}`
}

export class Store extends CommonStore<Kinds, Hidden> {}
