import { Clock } from '../common/clock.js'
import { Webhooks } from '../common/webhooks.js'
import { newKeyPair, type KeyPair } from './certificate.js'
import { missing } from './errors.js'
import { Ledger } from './ledger.js'
import {
  resolveOptions,
  type ResolvedOptions,
  type SandboxOptions,
  type WebhookEndpoint,
} from './options.js'
import type { Link, WebhookEvent } from './shapes.js'
import { signEvent } from './signature.js'
import { newId, Store, type Kind, type Row } from './store.js'

/** How the next payouts turn out, in the order in which it was asked for. */
export interface PlannedPayout {
  outcome: NonNullable<Row['hidden']['outcome']> | 'DENIED'
  receiver?: string
}

/** Everything that a resource works on: state, time, money, and the way events leave. */
export class World {
  readonly options: ResolvedOptions
  readonly store: Store
  readonly clock: Clock
  readonly ledger: Ledger
  readonly webhooks: Webhooks<WebhookEvent, WebhookEndpoint>
  /** Where the server listens, known once it has started. */
  url = ''
  /** Who we are at PayPal. */
  readonly merchant = { email_address: 'escrow@safesend.example', merchant_id: 'SAFESENDPAYS2' }
  /** Receivers that have no account. */
  readonly strangers = new Set<string>()
  readonly planned: PlannedPayout[] = []
  /** The next refunds wait for the payer's bank. */
  refundsPend = false
  /** So do those of these captures. */
  readonly slowlyRefunded = new Set<string>()
  #keyPair?: KeyPair

  constructor(options: SandboxOptions = {}) {
    this.options = resolveOptions(options)
    this.store = new Store('paypal', this.options.dataDir)
    this.clock = new Clock(this.store)
    this.ledger = new Ledger(this.store, this.clock)
    this.webhooks = new Webhooks<WebhookEvent, WebhookEndpoint>(
      this.store,
      {
        typeOf: ({ event_type: type }) => type,
        listens: ({ eventTypes }, { event_type: type }) => eventTypes?.includes(type) ?? true,
        signed: (event, { id }) => this.signed(event, id),
        newId,
      },
      this.options.webhooks,
      this.options.webhookRetryDelaysMs
    )
    this.open()
  }

  /** Books the opening float if this state has none yet. */
  open(): void {
    if (this.store.count('movement') === 0) {
      for (const [currency, minor] of Object.entries(this.options.openingFloat)) {
        const subject = 'Opening balance'
        this.ledger.book({ code: 'T0300', gross: Number(minor), currency, subject })
      }
    }
    this.store.commit()
  }

  /** Who has a token keeps it: a caller's next request must not fail for a reason of its own. */
  reset(): void {
    const tokens = this.store.rows('token')
    this.store.clear()
    for (const { id, data } of tokens) this.store.add('token', id, data)
    this.ledger.rebuild()
    this.webhooks.clear()
    this.strangers.clear()
    this.planned.length = 0
    this.refundsPend = false
    this.slowlyRefunded.clear()
    // Making a key takes long, and nothing is wrong with the one there is.
    if (this.#keyPair) this.store.add('key_pair', 'webhooks', this.#keyPair)
    this.open()
  }

  /** The key of the webhooks, made when it is first needed. */
  get keyPair(): KeyPair {
    if (this.#keyPair) return this.#keyPair
    const kept = this.store.get('key_pair', 'webhooks')
    return (this.#keyPair =
      kept?.data ?? this.store.add('key_pair', 'webhooks', newKeyPair(Date.now())).data)
  }
  get certUrl(): string {
    return `${this.url}/v1/notifications/certs/CERT-360caa42-fca2a594-${certIdOf(this.keyPair)}`
  }
  signed(event: WebhookEvent, webhookId: string, options: Parameters<typeof signEvent>[3] = {}) {
    return signEvent(event, webhookId, this, options)
  }

  /**
   * The row of an object that its caller may see.
   *
   * @throws PayPalFailure 404
   */
  find<K extends Kind>(kind: K, id: string): Row<K> {
    const row = this.store.get(kind, id)
    if (!row || row.hidden.expired) throw missing()
    return row
  }

  /** A link to one of the API's own addresses. */
  link(rel: string, path: string, method: Link['method'] = 'GET'): Link {
    return { href: `${this.url}${path}`, rel, method }
  }

  /** Records an event with a snapshot of the object as it is now, and queues its deliveries. */
  emit(
    type: string,
    about: { type: string; version?: string; summary: string; resource: object }
  ): void {
    const id = `WH-${newId()}-${newId()}`
    const self = `/v1/notifications/webhooks-events/${id}`
    const event: WebhookEvent = {
      id,
      event_version: '1.0',
      create_time: new Date(this.clock.now).toISOString(),
      resource_type: about.type,
      ...(about.version && { resource_version: about.version }),
      event_type: type,
      summary: about.summary,
      resource: structuredClone(about.resource) as Record<string, unknown>,
      links: [this.link('self', self), this.link('resend', `${self}/resend`, 'POST')],
    }
    const hidden = { createdAt: this.clock.now }
    this.webhooks.enqueue(this.store.add('event', id, event, '', hidden))
  }
}

/** The certificate's name in its address; another key has another address, so that none is cached for it. */
function certIdOf({ certificate }: KeyPair): string {
  return Buffer.from(certificate.replaceAll(/-.*-|\s/g, ''), 'base64')
    .subarray(-4)
    .toString('hex')
}
