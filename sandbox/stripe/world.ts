import { Clock } from '../common/clock.js'
import { Ledger } from './ledger.js'
import { resolveOptions, type ResolvedOptions, type SandboxOptions } from './options.js'
import { newId, Store, type Kind, type Kinds, type Row } from './store.js'
import { Webhooks } from './webhooks.js'
import { failure, missing, type StripeFailure } from './errors.js'
import { addTopUp, settleTopUp } from './resources/topups.js'

/** The API version that the installed SDK pins; every event says it. */
export const API_VERSION = '2026-10-28.endive'

/** Everything that a resource works on: state, time, money, and the way events leave. */
export class World {
  readonly options: ResolvedOptions
  readonly store: Store
  readonly clock: Clock
  readonly ledger: Ledger
  readonly webhooks: Webhooks
  /** Where the server listens, known once it has started. */
  url = ''
  /** The API request that is running now, to be named in the events it causes. */
  request: { id: string | null; idempotency_key: string | null } | null = null

  constructor(options: SandboxOptions = {}) {
    this.options = resolveOptions(options)
    this.store = new Store('stripe', this.options.dataDir)
    this.clock = new Clock(this.store)
    this.ledger = new Ledger(this.store, this.clock)
    this.webhooks = new Webhooks(this.store, this.options)
    this.open()
  }

  /** Books the opening float if this state has none yet. */
  open(): void {
    if (this.store.count('balance_transaction') === 0 && this.options.openingFloat > 0n) {
      const float = { amount: Number(this.options.openingFloat), currency: 'usd' }
      settleTopUp(this, addTopUp(this, float, this.clock.now))
    }
    this.store.commit()
  }

  reset(): void {
    this.store.clear()
    this.ledger.rebuild()
    this.webhooks.clear()
    this.open()
  }

  /**
   * The row of an object, if it belongs to the asking account.
   *
   * @throws StripeFailure `resource_missing`, 404; `account_invalid`, 403, for an account that has left
   */
  find<K extends Kind>(kind: K, id: string, owner: string, param = 'id'): Row<K> {
    const row = this.store.get(kind, id)
    if (row?.hidden.left && param !== 'destination') throw noAccess(id)
    if (!row || row.owner !== owner || row.hidden.left)
      throw missing(param === 'destination' ? param : nounOf(kind), id, param)
    return row
  }

  /**
   * Records an event with a snapshot of the object as it is now, and queues its deliveries.
   *
   * @param previous the attributes that this change replaced, for `*.updated` events
   */
  emit(type: string, object: object, owner = '', previous?: Record<string, unknown>): void {
    const id = newId('evt')
    const snapshot = structuredClone(object) as Record<string, unknown>
    const event: Kinds['event'] = {
      id,
      object: 'event',
      ...(owner && { account: owner }),
      api_version: API_VERSION,
      created: this.clock.seconds,
      data: { object: snapshot, ...(previous && { previous_attributes: previous }) },
      livemode: false,
      pending_webhooks: 0,
      request: this.request,
      type,
    }
    this.webhooks.enqueue(this.store.add('event', id, event, owner))
  }
}

/** We may not act for an account, or look at it. */
export function noAccess(account: string, key = ''): StripeFailure {
  return failure(
    403,
    {
      type: 'invalid_request_error',
      code: 'account_invalid',
      message: `The provided key '${key.slice(0, 8)}****' does not have access to account '${account}' (or that account does not exist). Application access may have been revoked.`,
    },
    false
  )
}

/** How Stripe's messages call a kind of object. */
function nounOf(kind: Kind): string {
  const nouns: Partial<Record<Kind, string>> = {
    balance_transaction: 'balance transaction',
    checkout_session: 'checkout.session',
    payment_method: 'PaymentMethod',
    transfer_reversal: 'transfer reversal',
  }
  return nouns[kind] ?? kind
}
