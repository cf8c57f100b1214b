import type { FaultPlan, Hold } from '../common/faults.js'
import type { Exchange } from '../common/http.js'
import { StandIn } from '../common/stand_in.js'
import type { WebhookMode as CommonMode } from '../common/webhooks.js'
import { Api, type RequestLogEntry } from './api.js'
import { newKeyPair, type KeyPair } from './certificate.js'
import { controls } from './control.js'
import { effectsOf, type Effects } from './effects.js'
import type { Json } from './endpoint.js'
import type { SandboxOptions, WebhookEndpoint } from './options.js'
import { pages } from './pages.js'
import {
  captureEndpoints,
  declineCapture,
  reverseCapture,
  settleCapture,
} from './resources/captures.js'
import {
  answerOffer,
  disputeEndpoints,
  escalateInquiry,
  openDispute,
  reopen,
  resolve,
  type NewDispute,
  type Resolution,
} from './resources/disputes.js'
import { approve, orderEndpoints, reverseApproval, type Approval } from './resources/orders.js'
import { payoutEndpoints, setItem } from './resources/payouts.js'
import { failRefund, refundEndpoints, settleRefund } from './resources/refunds.js'
import { reportingEndpoints } from './resources/reporting.js'
import { webhookEventEndpoints } from './resources/webhook_events.js'
import { tick } from './schedule.js'
import type { PayoutItemStatus, WebhookEvent } from './shapes.js'
import type { SignedPayload, SigningOptions } from './signature.js'
import type { Hidden, Instrument, Kinds } from './store.js'
import { World, type PlannedPayout } from './world.js'

export type WebhookMode = CommonMode<WebhookEvent>
export type { Approval, Effects, Exchange, FaultPlan, Hold, Instrument, KeyPair, NewDispute }
export type { PayoutItemStatus, PlannedPayout, RequestLogEntry, Resolution, SandboxOptions }
export type { SignedPayload, SigningOptions, WebhookEndpoint, WebhookEvent }

/**
 * A stateful stand-in for PayPal's REST APIs (Orders v2, Payments v2, Payouts, Disputes, Webhooks,
 * Transaction Search): real HTTP, real money rules, PayPal-Request-Id, signed webhooks, and faults on
 * demand. Venmo is a wallet of the same account.
 */
export class PayPalSandbox extends StandIn<
  Kinds,
  Hidden,
  WebhookEvent,
  WebhookEndpoint,
  Json,
  FaultPlan<Json>,
  RequestLogEntry
> {
  #world: World

  constructor(options: SandboxOptions = {}) {
    super()
    const world = new World(options)
    const api = new Api(world, [
      ...captureEndpoints,
      ...disputeEndpoints,
      ...orderEndpoints,
      ...payoutEndpoints,
      ...refundEndpoints,
      ...reportingEndpoints,
      ...webhookEventEndpoints,
    ])
    this.#world = world
    this.assemble(world, api, [pages(world), controls(this)], () => tick(world))
  }

  get orders() {
    return this.all('order')
  }
  get captures() {
    return this.all('capture')
  }
  get refunds() {
    return this.all('refund')
  }
  get payoutBatches() {
    return this.all('payout_batch')
  }
  get payoutItems() {
    return this.all('payout_item')
  }
  get disputes() {
    return this.all('dispute')
  }
  /** Every movement of the balance, oldest first. */
  get movements() {
    return this.all('movement')
  }

  /** What can be spent now, in minor units. */
  available(currency = 'USD'): number {
    return this.#world.ledger.available(currency)
  }

  /** What really happened here under one of our ids, to count double effects. */
  effectsOf(ourId: string): Effects {
    return effectsOf(this.#world, ourId)
  }

  /**
   * The payer approves an order, as on the hosted page.
   *
   * @returns whether the chosen means of payment can be charged; one that cannot is no error here
   */
  approve(order: string, approval: Approval = {}): boolean {
    this.did(() => approve(this.#world, this.row('order', order), approval))
    return approval.instrument !== 'declined' && approval.instrument !== 'refused'
  }
  /** PayPal takes an approval back before the capture. */
  reverseApproval(order: string): void {
    this.did(() => reverseApproval(this.#world, this.row('order', order)))
  }

  /** A capture that waited for the payer's bank (`echeck`, `review`) has its money. */
  settleCapture(capture: string): void {
    this.did(() => settleCapture(this.#world, this.row('capture', capture)))
  }
  /** A capture that waited gets no money. The event is PAYMENT.CAPTURE.DENIED, or DECLINED. */
  declineCapture(capture: string, as: 'DECLINED' | 'DENIED' = 'DENIED'): void {
    this.did(() => declineCapture(this.#world, this.row('capture', capture), as))
  }
  /** PayPal takes the money of a capture back. */
  reverseCapture(capture: string): void {
    this.did(() => reverseCapture(this.#world, this.row('capture', capture)))
  }

  /** Whether refunds from now on wait, until `settleRefund` or `failRefund`. */
  refundsPend(on: boolean): void {
    this.#world.refundsPend = on
  }
  /** Whether refunds of this capture wait from now on, whatever others do. */
  refundSlowly(capture: string): void {
    this.#world.slowlyRefunded.add(capture)
  }
  settleRefund(refund: string): void {
    this.did(() => settleRefund(this.#world, this.row('refund', refund)))
  }
  failRefund(refund: string): void {
    this.did(() => failRefund(this.#world, this.row('refund', refund)))
  }

  /**
   * How a later payout turns out: the next one, or the next to that receiver. DENIED is its whole
   * batch.
   */
  planPayout(outcome: PlannedPayout['outcome'], receiver?: string): void {
    this.#world.planned.push({ outcome, receiver })
  }
  /** Payouts to this receiver stay unclaimed from now on. */
  withoutAccount(receiver: string): void {
    this.#world.strangers.add(receiver)
  }
  /** Brings a payout item into a state, by its id or the id of its batch. */
  setPayoutItem(id: string, status: PayoutItemStatus): void {
    tick(this.#world)
    const item = this.#world.store
      .rows('payout_item')
      .find((row) => row.id === id || row.hidden.parent === id)
    if (!item) throw new Error(`The sandbox has no payout_item ${id}`)
    this.did(() => setItem(this.#world, item, status))
  }

  /** The payer opens a dispute about a capture. Returns its id. */
  openDispute(capture: string, wanted: NewDispute = {}): string {
    return this.did(() => openDispute(this.#world, this.row('capture', capture), wanted).id)
  }
  /** An inquiry becomes a claim that takes money. */
  escalateDispute(dispute: string): void {
    this.did(() => escalateInquiry(this.#world, this.row('dispute', dispute)))
  }
  /** Decides a dispute, or turns an earlier decision round. */
  resolveDispute(dispute: string, resolution: Resolution): void {
    this.did(() => resolve(this.#world, this.row('dispute', dispute), resolution))
  }
  /** A decided dispute waits for evidence once more. */
  reopenDispute(dispute: string): void {
    this.did(() => reopen(this.#world, this.row('dispute', dispute)))
  }
  /** The payer takes our offer, or does not. */
  answerOffer(dispute: string, accepted: boolean): void {
    this.did(() => answerOffer(this.#world, this.row('dispute', dispute), accepted))
  }

  /** Money of our bank arrives in our balance. Minor units; returns the transaction's id. */
  topUp(amount: number, currency = 'USD'): string {
    return this.#book({ code: 'T0300', gross: amount, currency })
  }
  /** Our balance goes to our bank. */
  withdraw(amount: number, currency = 'USD'): string {
    return this.#book({ code: 'T0400', gross: -amount, currency })
  }
  /** Moves our balance as only PayPal does. Returns the transaction's id. */
  adjustBalance(amount: number, { code = 'T1900', currency = 'USD', fee = 0 } = {}): string {
    return this.#book({ code, gross: amount, currency, fee })
  }

  /** Takes every access token away. */
  revokeTokens(): void {
    this.did(() => {
      for (const { id } of this.#world.store.rows('token')) this.#world.store.remove('token', id)
    })
  }

  get certUrl(): string {
    return this.#world.certUrl
  }
  /** A key and certificate of somebody else, to sign with what only looks like PayPal. */
  forgedKeyPair(): KeyPair {
    return newKeyPair(Date.now())
  }
  /**
   * An event as a webhook would get it, or wrong in the ways that the options say.
   *
   * @param webhookId that of the first webhook, if left out
   */
  signedPayload(event: WebhookEvent, options: SigningOptions = {}): SignedPayload {
    const id = options.webhookId ?? this.webhooks[0]?.id
    if (!id) throw new Error('No webhook is registered: name an id to sign for')
    return this.did(() => this.#world.signed(event, id, options))
  }

  #book(booking: { code: string; gross: number; currency: string; fee?: number }): string {
    return this.did(() => this.#world.ledger.book(booking).data.transaction_id)
  }
}
