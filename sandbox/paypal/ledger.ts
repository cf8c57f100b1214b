import type { Clock } from '../common/clock.js'
import type { Movement } from './shapes.js'
import { newId, type Row, type Store } from './store.js'

export interface Booking {
  /** PayPal's code of the event, such as T0006. */
  code: string
  /** Minor units; negative takes money. */
  gross: number
  currency: string
  /** Negative as PayPal writes it: what it takes on top. */
  fee?: number
  /** A new one if left out. */
  id?: string
  status?: Movement['status']
  /** Not in the balance yet. */
  uncleared?: boolean
  /** The transaction that this one is about. */
  reference?: string
  invoiceId?: string
  customField?: string
  subject?: string
  email?: string
}

/**
 * The provider's own books: a balance is the sum of its movements. Totals per currency are derived, and
 * rebuilt when state is loaded.
 */
export class Ledger {
  #totals = new Map<string, number>()

  constructor(
    private store: Store,
    private clock: Clock
  ) {
    this.rebuild()
  }

  rebuild(): void {
    this.#totals.clear()
    for (const { data } of this.store.each('movement')) this.#count(data)
  }

  book(booking: Booking): Row<'movement'> {
    const { code, gross, currency, fee = 0, id = newId(), status = 'S', ...about } = booking
    const movement: Movement = {
      transaction_id: id,
      event_code: code,
      status,
      currency,
      gross,
      fee,
      affects: !about.uncleared,
      initiated: this.clock.iso,
      updated: this.clock.iso,
      ...(about.reference && { reference: about.reference }),
      ...(about.invoiceId && { invoice_id: about.invoiceId }),
      ...(about.customField && { custom_field: about.customField }),
      ...(about.subject && { subject: about.subject }),
      ...(about.email && { email: about.email }),
    }
    this.#count(movement)
    // A transaction id is not unique in PayPal's reports, and neither is it here.
    return this.store.add('movement', newId(), movement, '', { createdAt: this.clock.now })
  }

  /** Changes a movement: a pending one clears, one is reversed, an estimated fee becomes final. */
  change(row: Row<'movement'>, changes: Partial<Movement>): void {
    this.#count(row.data, -1)
    Object.assign(row.data, changes, { updated: this.clock.iso })
    this.#count(row.data)
    this.store.save(row)
  }

  /** The movement that carries a transaction id, the first if there are several. */
  find(transactionId: string): Row<'movement'> | undefined {
    for (const row of this.store.each('movement')) {
      if (row.data.transaction_id === transactionId) return row
    }
    return undefined
  }

  /** What can be spent now, in minor units. */
  available(currency: string): number {
    return this.#totals.get(currency) ?? 0
  }

  get currencies(): string[] {
    return [...this.#totals.keys()].sort()
  }

  #count({ affects, currency, gross, fee }: Movement, times = 1): void {
    if (!affects) return
    this.#totals.set(currency, this.available(currency) + times * (gross + fee))
  }
}
