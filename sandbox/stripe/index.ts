import { Api } from './api.js'
import { controls } from './control.js'
import { Faults, type FaultPlan, type Hold } from './faults.js'
import { HttpServer, type Exchange, type RequestLogEntry } from './http.js'
import type { SandboxOptions, WebhookEndpoint } from './options.js'
import { paymentIntentEndpoints } from './resources/payment_intent_endpoints.js'
import { pages } from './pages.js'
import { completeOnboarding, restrictAccount, accountEndpoints } from './resources/accounts.js'
import { balanceEndpoints } from './resources/balance.js'
import { chargeEndpoints, settleLateFees } from './resources/charges.js'
import { checkoutSessionEndpoints, paySession } from './resources/checkout_sessions.js'
import {
  closeDispute,
  disputeEndpoints,
  escalateInquiry,
  openDispute,
  type NewDispute,
} from './resources/disputes.js'
import { eventEndpoints } from './resources/events.js'
import { authenticateIntent, confirmIntent } from './resources/payment_intents.js'
import { paymentMethodEndpoints } from './resources/payment_methods.js'
import { failPayout, payAutomatically, payoutEndpoints } from './resources/payouts.js'
import { failRefund, refundEndpoints, settleRefund } from './resources/refunds.js'
import { reverseTransfer, transferEndpoints } from './resources/transfers.js'
import { StripeFailure } from './errors.js'
import { tick } from './schedule.js'
import type { Kind, Kinds, Row, StoredEvent } from './store.js'
import { signPayload, type SignedPayload, type WebhookMode } from './webhooks.js'
import { World } from './world.js'

export type { Exchange, FaultPlan, Hold, RequestLogEntry, SandboxOptions, SignedPayload }
export type { StoredEvent, WebhookEndpoint, WebhookMode }

/**
 * A stateful stand-in for Stripe's v1 API: real HTTP, real money rules, idempotency, events with
 * signed webhooks, and faults on demand. It holds no opinion about its caller.
 */
export class StripeSandbox {
  /** Where it listens, such as `http://127.0.0.1:12111`; empty before `start`. */
  get url(): string {
    return this.#world.url
  }

  /** More that `GET /_sandbox/{name}` shows. */
  readonly views = new Map<string, () => unknown>()

  #world: World
  #api: Api
  #faults = new Faults()
  #http: HttpServer
  #timer?: NodeJS.Timeout

  constructor(options: SandboxOptions = {}) {
    this.#world = new World(options)
    this.#api = new Api(this.#world, [
      ...accountEndpoints,
      ...balanceEndpoints,
      ...chargeEndpoints,
      ...checkoutSessionEndpoints,
      ...disputeEndpoints,
      ...eventEndpoints,
      ...paymentIntentEndpoints,
      ...paymentMethodEndpoints,
      ...payoutEndpoints,
      ...refundEndpoints,
      ...transferEndpoints,
    ])
    const doors = [pages(this.#world), controls(this)]
    this.#http = new HttpServer(this.#api, this.#faults, async (request) => {
      for (const door of doors) {
        const answer = await door(request)
        if (answer) return answer
      }
      return undefined
    })
  }

  /** @param port 0 takes any free one */
  async start(port = 0): Promise<void> {
    this.#world.url = `http://127.0.0.1:${await this.#http.listen(port)}`
    this.#world.webhooks.start()
    this.#timer = setInterval(() => tick(this.#world), 1000)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#world.webhooks.stop()
    await this.#http.close()
    this.#world.store.close()
  }

  /** Back to the opening float alone. Port and webhook endpoints stay. */
  async reset(): Promise<void> {
    this.#faults.clear()
    this.#api.idempotency.clear()
    this.#http.log.length = 0
    this.#world.reset()
  }

  /** The current objects of a kind, oldest first, as the API shows them. */
  all<K extends Kind>(kind: K): Kinds[K][] {
    return this.#world.store.rows(kind).map((row) => row.data)
  }
  get paymentIntents() {
    return this.all('payment_intent')
  }
  get charges() {
    return this.all('charge')
  }
  get refunds() {
    return this.all('refund')
  }
  get transfers() {
    return this.all('transfer')
  }
  get payouts() {
    return this.all('payout')
  }
  get accounts() {
    return this.all('account')
  }
  get disputes() {
    return this.all('dispute')
  }
  get checkoutSessions() {
    return this.all('checkout_session')
  }
  get events() {
    return this.all('event')
  }
  get balanceTransactions() {
    return this.all('balance_transaction')
  }
  /** What it can be asked, as method and path. */
  get operations(): string[] {
    return this.#api.endpoints.map(({ method, template }) => `${method} ${template}`)
  }
  get requestLog(): RequestLogEntry[] {
    return this.#http.log
  }

  /** How many objects of a kind were ever created since the last reset. */
  effects(kind: Kind): number {
    return this.#world.store.count(kind)
  }

  /** What an account can spend now, in minor units. */
  available(account = '', currency = 'usd'): number {
    return this.#world.ledger.available(account, currency)
  }

  /**
   * Confirms an intent with a test card, as Stripe.js does in a browser.
   *
   * @returns whether the card was accepted; a declined card is no error here
   */
  confirm(intent: string, { card = 'pm_card_visa' } = {}): boolean {
    return this.#tried(() => confirmIntent(this.#world, this.#row('payment_intent', intent), card))
  }

  /** Ends 3-D Secure of an intent that `requires_action`. */
  authenticate(intent: string, passed = true): boolean {
    const row = this.#row('payment_intent', intent)
    return this.#tried(() => authenticateIntent(this.#world, row, passed))
  }

  /** Pays a checkout session, as the customer does on the hosted page. */
  pay(session: string, { card = 'pm_card_visa' } = {}): boolean {
    return this.#tried(() => paySession(this.#world, this.#row('checkout_session', session), card))
  }

  completeOnboarding(account: string): void {
    this.#did(() => completeOnboarding(this.#world, this.#row('account', account)))
  }
  restrictAccount(account: string): void {
    this.#did(() => restrictAccount(this.#world, this.#row('account', account)))
  }

  /** Whether charges from now on learn their fee only later (`lateFees`), by `settleFees`. */
  feesComeLate(on: boolean): void {
    this.#world.options.lateFees = on
  }
  /** Posts the fees that are still to come (`lateFees`), with `charge.updated`. */
  settleFees(): void {
    this.#did(() => settleLateFees(this.#world, true))
  }

  /** A pending refund succeeds. */
  settleRefund(refund: string): void {
    this.#did(() => settleRefund(this.#world, this.#row('refund', refund)))
  }
  failRefund(refund: string): void {
    this.#did(() => failRefund(this.#world, this.#row('refund', refund)))
  }
  failPayout(payout: string): void {
    this.#did(() => failPayout(this.#world, this.#row('payout', payout)))
  }

  /** Stripe pays out an account's whole available balance. Returns the payout's id. */
  payAutomatically(account: string): string {
    return this.#did(() => payAutomatically(this.#world, account).id)
  }

  /** Reverses a transfer from Stripe's side, whatever the account's balance. Returns the reversal's id. */
  reverseTransfer(transfer: string, amount?: number): string {
    const row = this.#row('transfer', transfer)
    return this.#did(() => reverseTransfer(this.#world, row, { amount }, true).id)
  }

  /** Opens a dispute, or with a `warning_*` status an inquiry. Returns its id. */
  openDispute(charge: string, wanted: NewDispute = {}): string {
    return this.#did(() => openDispute(this.#world, this.#row('charge', charge), wanted).id)
  }
  closeDispute(dispute: string, outcome: 'won' | 'lost'): void {
    this.#did(() => closeDispute(this.#world, this.#row('dispute', dispute), outcome))
  }

  /** An inquiry becomes a dispute that takes money. */
  escalateInquiry(dispute: string): void {
    this.#did(() => escalateInquiry(this.#world, this.#row('dispute', dispute)))
  }

  /** The sandbox's own time in milliseconds. */
  get now(): number {
    return this.#world.clock.now
  }
  advance(milliseconds: number): void {
    this.#world.clock.advance(milliseconds)
    tick(this.#world)
  }

  /** Plans a fault for the next request of a route, such as `POST /v1/transfers`. */
  failNext(on: string, plan: FaultPlan): void {
    this.#faults.plan(on, plan)
  }

  /** Makes the next request of a route wait, so that a test can act meanwhile. */
  hold(on: string, { at = 'after' as 'before' | 'after' } = {}): Hold {
    return this.#faults.hold(on, at)
  }
  clearFaults(): void {
    this.#faults.clear()
  }

  get webhooks(): WebhookEndpoint[] {
    return this.#world.webhooks.endpoints
  }
  setWebhooks(endpoints: WebhookEndpoint[]): void {
    this.#world.webhooks.endpoints = endpoints
  }
  webhookMode(mode: WebhookMode): void {
    this.#world.webhooks.setMode(mode)
  }

  /** Delivers all that is owed now; resolves when each was accepted or given up. */
  async flushWebhooks(): Promise<void> {
    await this.#world.webhooks.flush()
  }

  /** Sends an event again. Returns the statuses of the answers. */
  async deliver(event: StoredEvent, { times = 1 } = {}): Promise<number[]> {
    return this.#world.webhooks.deliver(event, times)
  }

  /**
   * An event as its endpoint would get it.
   *
   * @param options.secret that of the first endpoint that listens for the event, if left out
   */
  signedPayload(
    event: StoredEvent,
    options: { timestamp?: number; secret?: string } = {}
  ): SignedPayload {
    const connect = Boolean(event.account)
    const endpoint = this.webhooks.find((each) => Boolean(each.connect) === connect)
    const secret = options.secret ?? endpoint?.secret
    if (!secret)
      throw new Error('No endpoint listens for this event: name a secret to sign it with')
    return signPayload(event, secret, options.timestamp)
  }

  /** Calls back with every request taken and answer given. Returns how to stop it. */
  onExchange(listener: (exchange: Exchange) => void): () => void {
    this.#http.listeners.add(listener)
    return () => this.#http.listeners.delete(listener)
  }

  #row<K extends Kind>(kind: K, id: string): Row<K> {
    const row = this.#world.store.get(kind, id)
    if (!row) throw new Error(`The sandbox has no ${kind} ${id}`)
    return row
  }

  #did<T>(act: () => T): T {
    try {
      return act()
    } finally {
      this.#world.store.commit()
    }
  }

  #tried(act: () => void): boolean {
    try {
      this.#did(act)
      return true
    } catch (error) {
      if (error instanceof StripeFailure && error.status === 402) return false
      throw error
    }
  }
}
