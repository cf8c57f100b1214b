import type Stripe from 'stripe'
import type { Clock } from '../common/clock.js'
import { newId, type Row, type Store } from './store.js'

export interface Booking {
  type: Stripe.BalanceTransaction['type']
  /** Minor units; negative takes money. */
  amount: number
  currency: string
  /** The object that caused it; a fee that Stripe bills has none. */
  source: string | null
  owner?: string
  fee?: number
  feeDescription?: string
  /** When the money can be used, in sandbox milliseconds. Now, if left out. */
  availableAt?: number
  description?: string
  reportingCategory?: string
}

interface Totals {
  available: number
  pending: number
}

/** Which line of the financial reports a type belongs to, where it is not the type's own name. */
const CATEGORIES: Record<string, string> = {
  payment: 'charge',
  payment_refund: 'refund',
  refund_failure: 'refund_failure',
  stripe_fee: 'fee',
  transfer_refund: 'transfer_reversal',
  payout_failure: 'payout_reversal',
  payout_cancel: 'payout_reversal',
}

/**
 * The provider's own books: every movement is a balance transaction, and a balance is the sum of
 * them. Running totals per account and currency are derived, and rebuilt when state is loaded.
 */
export class Ledger {
  #totals = new Map<string, Totals>()

  constructor(
    private store: Store,
    private clock: Clock
  ) {
    this.rebuild()
  }

  rebuild(): void {
    this.#totals.clear()
    for (const row of this.store.each('balance_transaction')) this.#count(row)
  }

  /** Writes a balance transaction. */
  book(booking: Booking): Row<'balance_transaction'> {
    const { type, amount, currency, source, owner = '', fee = 0 } = booking
    const availableAt = booking.availableAt ?? this.clock.now
    const id = newId('txn')
    const transaction: Stripe.BalanceTransaction = {
      id,
      object: 'balance_transaction',
      amount,
      available_on: Math.floor(availableAt / 1000),
      balance_type: 'payments',
      created: this.clock.seconds,
      currency,
      description: booking.description ?? null,
      exchange_rate: null,
      fee,
      fee_details: fee
        ? [
            {
              amount: fee,
              application: null,
              currency,
              description: booking.feeDescription ?? 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ]
        : [],
      net: amount - fee,
      reporting_category: booking.reportingCategory ?? CATEGORIES[type] ?? type,
      source,
      status: availableAt > this.clock.now ? 'pending' : 'available',
      type,
    }
    const hidden = transaction.status === 'pending' ? { dueAt: availableAt } : {}
    const row = this.store.add('balance_transaction', id, transaction, owner, hidden)
    this.#count(row)
    return row
  }

  /** What an account can spend now, in minor units. */
  available(owner: string, currency: string): number {
    return this.#of(owner, currency).available
  }

  /** The currencies and sums of an account. */
  balances(owner: string): ({ currency: string } & Totals)[] {
    const found = [...this.#totals].filter(([key]) => key.startsWith(`${owner}/`))
    return found.map(([key, totals]) => ({ currency: key.slice(owner.length + 1), ...totals }))
  }

  /** Makes what has become due available. */
  mature(): void {
    for (const row of this.store.due('balance_transaction')) {
      if ((row.hidden.dueAt ?? 0) > this.clock.now) continue
      const totals = this.#of(row.owner, row.data.currency)
      totals.pending -= row.data.net
      totals.available += row.data.net
      row.data.status = 'available'
      delete row.hidden.dueAt
      this.store.save(row)
    }
  }

  #count(row: Row<'balance_transaction'>): void {
    const totals = this.#of(row.owner, row.data.currency)
    if (row.data.status === 'pending') totals.pending += row.data.net
    else totals.available += row.data.net
  }

  #of(owner: string, currency: string): Totals {
    const key = `${owner}/${currency}`
    let totals = this.#totals.get(key)
    if (!totals) this.#totals.set(key, (totals = { available: 0, pending: 0 }))
    return totals
  }
}
