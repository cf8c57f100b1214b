import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenApiDocument } from './openapi.js'
import { PAYPAL_REVIEWED } from './reviewed_fields.js'
import {
  ContractValidator,
  type Contract,
  type ContractExchange,
  type Style,
  type Violation,
} from './validator.js'

/** PayPal's documents that we use, by what is in them. */
const DOCUMENTS = {
  orders: 'checkout_orders_v2.json',
  payments: 'payments_payment_v2.json',
  payouts: 'payments_payouts_batch_v1.json',
  disputes: 'customer_disputes_v1.json',
  webhooks: 'notifications_webhooks_v1.json',
  reporting: 'reporting_transactions_v1.json',
} as const
export type PayPalDocument = keyof typeof DOCUMENTS

/** What these components say narrows the common errors down: `422`, `orders.capture-422`. */
const STYLE: Style = { sends: 'json', refinements: /^(.*-)?\d{3}$/ }

/** No document has these: OAuth 2.0 is a standard of its own. */
const ELSEWHERE = new Set(['POST /v1/oauth2/token'])

/** Where to find what an event carries, by its `resource_type`. */
const RESOURCES: Record<string, [PayPalDocument, component: string]> = {
  'checkout-order': ['orders', 'order'],
  'capture': ['payments', 'capture-2'],
  'refund': ['payments', 'refund'],
  'payouts': ['payouts', 'payout'],
  'payouts_item': ['payouts', 'payout_item-2'],
  'dispute': ['disputes', 'dispute'],
}

/** Events whose resource no document describes. */
const UNDESCRIBED = new Set(['payment-approval'])

/** Holds exchanges against whichever of PayPal's documents has their operation. */
export class PayPalContract implements Contract {
  readonly violations: Violation[] = []
  readonly documents: Record<PayPalDocument, ContractValidator>

  /** @param folder the folder of `PROVIDER_SPECS`, that has PayPal's documents in `paypal/` */
  constructor(folder: string) {
    const read = (name: PayPalDocument) => {
      const text = readFileSync(join(folder, 'paypal', DOCUMENTS[name]), 'utf8')
      const document = JSON.parse(text) as OpenApiDocument
      return new ContractValidator(document, PAYPAL_REVIEWED[name], STYLE)
    }
    this.documents = {
      orders: read('orders'),
      payments: read('payments'),
      payouts: read('payouts'),
      disputes: read('disputes'),
      webhooks: read('webhooks'),
      reporting: read('reporting'),
    }
  }

  /** As `ContractValidator.prepare`, for all documents. */
  prepare(operations: readonly string[]): void {
    for (const document of Object.values(this.documents)) document.prepare(operations)
  }

  /** Checks one exchange, notes its violations, and returns them. */
  check(exchange: ContractExchange): Violation[] {
    if (ELSEWHERE.has(`${exchange.method} ${exchange.template}`)) return []
    const all = Object.values(this.documents)
    const found = (all.find((each) => each.knows(exchange)) ?? all[0]).check(exchange)
    this.violations.push(...found)
    return found
  }

  /** Checks an event, and what it carries against the document that describes that. */
  checkEvent(event: { event_type: string; resource_type: string; resource: object }): Violation[] {
    const { event_type: type, resource_type: kind, resource } = event
    const found = this.documents.webhooks.checkObject(type, 'event', event)
    const where = RESOURCES[kind] as (typeof RESOURCES)[string] | undefined
    if (where) found.push(...this.documents[where[0]].checkObject(type, where[1], resource))
    else if (!UNDESCRIBED.has(kind)) {
      const message = `no document describes a ${kind}`
      found.push({ side: 'event', operation: type, at: '/resource', message })
    }
    this.violations.push(...found)
    return found
  }
}
