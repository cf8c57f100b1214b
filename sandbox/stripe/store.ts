import { randomInt } from 'node:crypto'
import type Stripe from 'stripe'
import { Journal, type JournalChange } from './journal.js'
import type { StoredAnswer } from './idempotency.js'
import type { Delivery } from './webhooks.js'

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
  topup: { id: string; object: 'topup'; amount: number; currency: string }
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
  /** When something is due by itself: a late fee, a payout's arrival, a refund's outcome. */
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
  /** Evidence of a dispute was sent in. */
  submitted?: boolean
  /** Money that the dispute has taken from the platform and not given back. */
  withdrawn?: number
}

/** One kept object. `owner` is the connected account it belongs to, empty for the platform. */
export interface Row<K extends Kind = Kind> {
  kind: K
  id: string
  owner: string
  seq: number
  data: Kinds[K]
  hidden: Hidden
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A new id. It is random, so that a reset sandbox never repeats an id that a database remembers. */
export function newId(prefix: string, length = 24): string {
  let id = `${prefix}_`
  for (let i = 0; i < length; i++) id += ALPHABET[randomInt(ALPHABET.length)]
  return id
}

/**
 * All state. Handlers change rows and `save` them; `commit` writes everything saved since the last
 * one as a single journal line, so that an effect and its stored answer survive together or not
 * at all.
 */
export class Store {
  #rows = new Map<Kind, Map<string, Row>>()
  #due = new Map<Kind, Set<Row>>()
  #dirty = new Map<string, JournalChange>()
  #seq = 0
  #journal?: Journal

  constructor(dataDir?: string) {
    if (dataDir) this.#journal = new Journal(dataDir)
    for (const row of this.#journal?.load() ?? []) this.#keep(row)
  }

  get<K extends Kind>(kind: K, id: string): Row<K> | undefined {
    return this.#rows.get(kind)?.get(id) as Row<K> | undefined
  }

  /** All rows of a kind, oldest first. */
  rows<K extends Kind>(kind: K): Row<K>[] {
    return [...(this.#rows.get(kind)?.values() ?? [])] as Row<K>[]
  }

  /** Without copying, for scans over many rows. */
  each<K extends Kind>(kind: K): Iterable<Row<K>> {
    return (this.#rows.get(kind)?.values() ?? []) as Iterable<Row<K>>
  }

  /** The rows of a kind that wait for their `dueAt`. */
  due<K extends Kind>(kind: K): Row<K>[] {
    return [...(this.#due.get(kind) ?? [])] as unknown as Row<K>[]
  }

  count(kind: Kind): number {
    return this.#rows.get(kind)?.size ?? 0
  }

  add<K extends Kind>(
    kind: K,
    id: string,
    data: Kinds[K],
    owner = '',
    hidden: Hidden = {}
  ): Row<K> {
    const row: Row<K> = { kind, id, owner, seq: ++this.#seq, data, hidden }
    this.#keep(row as Row)
    this.save(row)
    return row
  }

  /** Marks a row as changed, to be written by the next `commit`. */
  save<K extends Kind>(row: Row<K>): void {
    this.#await(row as unknown as Row)
    if (this.#journal) this.#dirty.set(`${row.kind}/${row.id}`, { put: row as unknown as Row })
  }

  remove(kind: Kind, id: string): void {
    const row = this.#rows.get(kind)?.get(id)
    if (row) this.#due.get(kind)?.delete(row)
    this.#rows.get(kind)?.delete(id)
    if (this.#journal) this.#dirty.set(`${kind}/${id}`, { drop: [kind, id] })
  }

  commit(): void {
    if (this.#dirty.size === 0) return
    this.#journal?.append([...this.#dirty.values()])
    this.#dirty.clear()
  }

  clear(): void {
    this.#rows.clear()
    this.#due.clear()
    this.#dirty.clear()
    this.#journal?.clear()
  }

  close(): void {
    this.commit()
    this.#journal?.close()
  }

  #keep(row: Row): void {
    let kind = this.#rows.get(row.kind)
    if (!kind) this.#rows.set(row.kind, (kind = new Map()))
    kind.set(row.id, row)
    this.#seq = Math.max(this.#seq, row.seq)
    this.#await(row)
  }

  #await(row: Row): void {
    let waiting = this.#due.get(row.kind)
    if (!waiting) this.#due.set(row.kind, (waiting = new Set()))
    if (row.hidden.dueAt === undefined) waiting.delete(row)
    else waiting.add(row)
  }
}
