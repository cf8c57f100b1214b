import type { Exchange } from '../common/http.js'
import { StandIn } from '../common/stand_in.js'
import { Api, type RequestLogEntry } from './api.js'
import { controls } from './control.js'
import type { FaultPlan, Hold } from './faults.js'
import type { Form } from './form.js'
import type { SandboxOptions, WebhookEndpoint } from './options.js'
import { paymentIntentEndpoints } from './resources/payment_intent_endpoints.js'
import { pages } from './pages.js'
import {
  accountEndpoints,
  completeOnboarding,
  deauthorize,
  rejectAccount,
  restrictAccount,
  setAccountState,
  type AccountState,
} from './resources/accounts.js'
import { balanceEndpoints } from './resources/balance.js'
import { chargeEndpoints, settleLateFees } from './resources/charges.js'
import { checkoutSessionEndpoints, paySession } from './resources/checkout_sessions.js'
import {
  closeDispute,
  disputeEndpoints,
  escalateInquiry,
  openDispute,
  reopenDispute,
  type NewDispute,
} from './resources/disputes.js'
import { eventEndpoints } from './resources/events.js'
import { authenticateIntent, confirmIntent } from './resources/payment_intents.js'
import { paymentMethodEndpoints } from './resources/payment_methods.js'
import { createPayout, failPayout, payAutomatically, payoutEndpoints } from './resources/payouts.js'
import { failRefund, refundEndpoints, settleRefund } from './resources/refunds.js'
import { addTopUp, reverseTopUp, settleTopUp, topUpEndpoints } from './resources/topups.js'
import { reverseTransfer, transferEndpoints } from './resources/transfers.js'
import { StripeFailure } from './errors.js'
import type { Booking } from './ledger.js'
import { tick } from './schedule.js'
import type { Hidden, Kinds, StoredEvent } from './store.js'
import { signPayload, type SignedPayload, type WebhookMode } from './webhooks.js'
import { World } from './world.js'

export type { AccountState, NewDispute }
export type { Exchange, FaultPlan, Hold, RequestLogEntry, SandboxOptions, SignedPayload }
export type { StoredEvent, WebhookEndpoint, WebhookMode }

/** A movement of our balance that only Stripe makes, and only a person can explain. */
export interface Adjustment {
  /** Minor units; negative takes money. */
  amount: number
  /** Default `adjustment`; `stripe_fee` is what Stripe bills beside payments. */
  type?: Booking['type']
  currency?: string
  fee?: number
  source?: string
  description?: string
}

/**
 * A stateful stand-in for Stripe's v1 API: real HTTP, real money rules, idempotency, events with
 * signed webhooks, and faults on demand.
 */
export class StripeSandbox extends StandIn<
  Kinds,
  Hidden,
  StoredEvent,
  WebhookEndpoint,
  Form,
  FaultPlan,
  RequestLogEntry
> {
  #world: World

  constructor(options: SandboxOptions = {}) {
    super()
    const world = new World(options)
    const api = new Api(world, [
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
      ...topUpEndpoints,
      ...transferEndpoints,
    ])
    this.#world = world
    this.assemble(world, api, [pages(world), controls(this)], () => tick(world))
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
  get topUps() {
    return this.all('topup')
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
  get balanceTransactions() {
    return this.all('balance_transaction')
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
    return this.#tried(() => confirmIntent(this.#world, this.row('payment_intent', intent), card))
  }

  /** Ends 3-D Secure of an intent that `requires_action`. */
  authenticate(intent: string, passed = true): boolean {
    const row = this.row('payment_intent', intent)
    return this.#tried(() => authenticateIntent(this.#world, row, passed))
  }

  /** Pays a checkout session, as the customer does on the hosted page. */
  pay(session: string, { card = 'pm_card_visa' } = {}): boolean {
    return this.#tried(() => paySession(this.#world, this.row('checkout_session', session), card))
  }

  completeOnboarding(account: string): void {
    this.did(() => completeOnboarding(this.#world, this.row('account', account)))
  }
  restrictAccount(account: string): void {
    this.did(() => restrictAccount(this.#world, this.row('account', account)))
  }

  /** Any state of requirements and capabilities that Stripe has. */
  setAccountState(account: string, state: AccountState): void {
    this.did(() => setAccountState(this.#world, this.row('account', account), state))
  }
  rejectAccount(account: string, reason = 'fraud'): void {
    this.did(() => rejectAccount(this.#world, this.row('account', account), reason))
  }
  /** The account's owner takes our access to it away. */
  deauthorize(account: string): void {
    this.did(() => deauthorize(this.#world, this.row('account', account)))
  }

  /** Whether charges from now on learn their fee only later (`lateFees`), by `settleFees`. */
  feesComeLate(on: boolean): void {
    this.#world.options.lateFees = on
  }
  /** Posts the fees that are still to come (`lateFees`), with `charge.updated`. */
  settleFees(): void {
    this.did(() => settleLateFees(this.#world, true))
  }

  /** A pending refund succeeds. */
  settleRefund(refund: string): void {
    this.did(() => settleRefund(this.#world, this.row('refund', refund)))
  }
  failRefund(refund: string): void {
    this.did(() => failRefund(this.#world, this.row('refund', refund)))
  }
  failPayout(payout: string): void {
    this.did(() => failPayout(this.#world, this.row('payout', payout)))
  }

  /** Money of our bank arrives in our balance. Returns the top-up's id. */
  topUp(amount: number, currency = 'usd'): string {
    return this.did(() => {
      const row = addTopUp(this.#world, { amount, currency }, this.#world.clock.now)
      settleTopUp(this.#world, row)
      this.#world.emit('topup.succeeded', row.data)
      return row.id
    })
  }
  /** The bank takes a top-up back. */
  reverseTopUp(topUp: string): void {
    this.did(() => reverseTopUp(this.#world, this.row('topup', topUp)))
  }

  /** Our own balance pays out to our bank, as by hand in the dashboard. Returns the payout's id. */
  withdraw(amount: number, currency = 'usd'): string {
    return this.did(() => createPayout(this.#world, '', { amount, currency }).id)
  }

  /** Moves our balance as only Stripe does. Returns the balance transaction's id. */
  adjustBalance({ type = 'adjustment', currency = 'usd', ...rest }: Adjustment): string {
    return this.did(() => this.#world.ledger.book({ source: null, ...rest, type, currency }).id)
  }

  /** Stripe pays out an account's whole available balance. Returns the payout's id. */
  payAutomatically(account: string): string {
    return this.did(() => payAutomatically(this.#world, account).id)
  }

  /** Reverses a transfer from Stripe's side, whatever the account's balance. Returns the reversal's id. */
  reverseTransfer(transfer: string, amount?: number): string {
    const row = this.row('transfer', transfer)
    return this.did(() => reverseTransfer(this.#world, row, { amount }, true).id)
  }

  /** Opens a dispute, or with a `warning_*` status an inquiry. Returns its id. */
  openDispute(charge: string, wanted: NewDispute = {}): string {
    return this.did(() => openDispute(this.#world, this.row('charge', charge), wanted).id)
  }
  /** @param options.feeReturned a won dispute gives its fee back, too */
  closeDispute(dispute: string, outcome: 'won' | 'lost', { feeReturned = false } = {}): void {
    this.did(() => closeDispute(this.#world, this.row('dispute', dispute), outcome, feeReturned))
  }
  /** A lost dispute may be appealed: it waits for evidence once more. */
  reopenDispute(dispute: string): void {
    this.did(() => reopenDispute(this.#world, this.row('dispute', dispute)))
  }

  /** An inquiry becomes a dispute that takes money. */
  escalateInquiry(dispute: string): void {
    this.did(() => escalateInquiry(this.#world, this.row('dispute', dispute)))
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

  #tried(act: () => void): boolean {
    try {
      this.did(act)
      return true
    } catch (error) {
      if (error instanceof StripeFailure && error.status === 402) return false
      throw error
    }
  }
}
