import type { Money } from '#ledger/money'
import type { PaymentProvider, Rail } from '#models/transaction'

/**
 * What SafeSend asks of a payment provider. Escrow code talks to this contract and never asks which
 * provider is behind it. `payments/` knows deposits, refunds and payouts, but no milestones.
 *
 * Every call that moves money carries a key made by `providerKey`; calling twice with the same key
 * has one effect. Nothing here may be called inside a database transaction.
 */

/**
 * Why a call did not bring a plain answer.
 *
 * - `declined`: definitely no effect; the provider said no for a reason that will not go away by
 *   itself. A new attempt takes a new key. Reading never answers this: a record that is not shown is
 *   no proof that there is none.
 * - `retry`: definitely no effect yet, or safe to repeat: send again with the *same* key.
 * - `unknown`: it may have happened. The transaction stays pending until a look-up tells.
 */
export type ProviderFailureKind = 'declined' | 'retry' | 'unknown'

/** The code of a failure to find the deposit of a charge that belongs to none, such as one made by hand. */
export const NOT_A_DEPOSIT = 'not_a_deposit'

/** Thrown by every method of a provider when it has no answer to give. */
export class ProviderFailure extends Error {
  constructor(
    readonly kind: ProviderFailureKind,
    /** The provider's own code, or ours where it gave none: `timeout`, `connection`. */
    readonly code: string,
    message: string,
    options?: { cause?: unknown; replayed?: boolean }
  ) {
    super(message, { cause: options?.cause })
    this.replayed = options?.replayed ?? false
  }

  /** It is the stored answer to an earlier send: this key will never bring another. */
  readonly replayed: boolean
}

/** payment_element: the provider's form inside the frontend. checkout: a page of the provider's. */
export type DepositMethod = 'payment_element' | 'checkout'

/** The caller's next step to pay in. Never stored: secrets and single-use links are fetched again. */
export interface ClientAction {
  type: 'confirm_payment' | 'redirect'
  /** Stripe Payment Element. */
  client_secret?: string
  publishable_key?: string
  /** Hosted page or approval link. */
  url?: string
}

/** A deposit as its provider sees it now. */
export interface ProviderDeposit {
  /** The provider's id of the payment, stored as `provider_transaction_id`. */
  id: string
  /** Our transaction's id, read back from the provider's metadata; empty if it carries none. */
  transactionId: string
  /**
   * open: may still be paid. approved: its payer agreed, and we have to take the money with
   * `captureDeposit`. processing: taken, outcome open. captured: our balance has it.
   * cancelled: can never be paid any more.
   */
  state: 'open' | 'approved' | 'processing' | 'captured' | 'cancelled'
  /**
   * It is called cancelled because the provider does not show it. That is no word about a capture that
   * was sent before.
   */
  gone?: boolean
  /** What was captured; the asked amount while nothing is. */
  amount: Money
  /** What refunds and payouts refer to; empty until captured. */
  chargeId: string
  capturedAt?: Date
  /** The provider's fee once final, else undefined. */
  fee?: Money
  /** Why the last attempt to pay failed, in the provider's words. */
  lastError?: string
  /** The last attempt to pay, also one that failed. */
  lastChargeId?: string
  /** What of the charge went back to the payer so far, by us or by hand at the provider. */
  refundedAmount?: Money
  /** The payer's bank has asked for the money back, now or once. */
  disputed?: boolean
  clientAction?: ClientAction
}

export interface CreateDeposit {
  key: string
  transactionId: string
  amount: Money
  method: DepositMethod
  /** Ties this deposit's later transfers together at the provider. */
  projectId: string
  description: string
  expiresAt: Date
  returnUrl?: string
}

export interface CreateRefund {
  key: string
  transactionId: string
  chargeId: string
  amount: Money
  reason: string
}

/** A refund or payout as its provider sees it now. */
export interface ProviderMovement {
  id: string
  transactionId: string
  /** pending: outcome open. returned: it had succeeded, and the money came back. */
  state: 'pending' | 'succeeded' | 'failed' | 'returned'
  amount: Money
  /** Of a payout, to whom it went, as `CreatePayout` named them. */
  destination?: string
  /** The key that it was made under, as its metadata has it: which attempt it belongs to. */
  key?: string
  /** Of a refund, the charge that it gives back. */
  chargeId?: string
  /** What came back of a movement that was returned, in whole or in part. */
  returnedAmount?: Money
  /** What balance transactions call it, where that is not `id`. */
  balanceSourceId?: string
  /** What the provider took of our balance for it; undefined while that is an estimate or unknown. */
  fee?: Money
  /** It is pending, but our available balance is already less by so much. */
  debited?: Money
  /** Why it is pending, in words for its recipient: unclaimed, on hold. */
  waitReason?: string
  /** It is pending because its recipient has not claimed it: `cancelPayout` takes it back until they do. */
  unclaimed?: boolean
  failureCode?: string
  failureMessage?: string
}

export interface CreatePayout {
  key: string
  /** It may have been sent under this key before: a refusal now must not be taken for one of then. */
  repeated?: boolean
  transactionId: string
  amount: Money
  destination: string
  /** The charge that funds it, where the deposit came over the same rail. */
  sourceChargeId?: string
  projectId: string
  description: string
}

export interface RecipientState {
  destination: string
  /** Our payout account's id, read back from the provider's metadata; empty if it carries none. */
  payoutAccountId: string
  status: 'pending' | 'enabled' | 'restricted' | 'disabled'
  /** What the provider still wants, in its own field names. */
  requirements: string[]
}

/** Where to look one of our transactions up. */
export interface LookupHints {
  projectId: string
  chargeId?: string
  /** When the intent was first sent. */
  since: Date
  /**
   * The current attempt's key. With it, an earlier attempt's failure is not taken for the current one's,
   * which may still be under way.
   */
  key?: string
  /** When the current key was first sent; it may still have effects until it has expired. */
  keySentAt?: Date
  /** What was asked for: tells whether a record that names nobody can be the one looked for. */
  amount?: Money
  /**
   * It may have been sent until then, and will not be sent again under its key before this is answered: so a key
   * that is still alive is no reason not to look.
   */
  sentUntil?: Date
}

/** Which of our addresses a webhook came to: each has its own secret or id. */
export type WebhookEndpoint = 'platform' | 'connect' | 'venmo'

/** What a webhook told, reduced to the object to look at. The object is fetched again before use. */
export interface ProviderEvent {
  id: string
  type: string
  /** Connected account that it is about, or empty. */
  account: string
  subject:
    | { kind: 'deposit'; id: string }
    | { kind: 'charge'; id: string }
    | { kind: 'dispute'; id: string; chargeId: string }
    | { kind: 'refund'; id: string }
    | { kind: 'payout'; id: string }
    | { kind: 'recipient'; id: string }
    | { kind: 'recipient_payout'; id: string; account: string }
    | { kind: 'other' }
}

/**
 * What a movement of our balance is about, in our words. `other` is what we have no entry for: it is
 * a break unless somebody books it.
 */
export type BalanceTransactionKind =
  | 'deposit'
  | 'refund'
  | 'refund_failed'
  | 'payout'
  | 'payout_returned'
  | 'dispute_withdrawn'
  | 'dispute_reinstated'
  | 'fee'
  | 'top_up'
  | 'withdrawal'
  | 'other'

/** One movement of our balance at the provider. Signed: what leaves our balance is negative. */
export interface ProviderBalanceTransaction {
  id: string
  /** The provider's own word. */
  type: string
  kind: BalanceTransactionKind
  /**
   * The object that caused it, as our rows know it: a deposit's `chargeId`, a movement's `id` or
   * `balanceSourceId`, a dispute movement's `id`.
   */
  sourceId: string
  amount: Money
  /** What the provider took of it, positive. net = amount - fee. */
  fee: Money
  net: Money
  status: 'available' | 'pending' | 'failed'
  createdAt: Date
  availableAt: Date
  /** Our transaction's id, where the list itself shows it. */
  transactionId?: string
}

/** One movement of our balance in a currency that `Money` does not know: as the provider tells it. */
export interface ForeignMovement {
  id: string
  /** The provider's own word. */
  type: string
  currency: string
  /** A decimal, negative if it left us. */
  amount: string
  status: ProviderBalanceTransaction['status']
  createdAt: Date
}

/** One movement of our balance that a dispute caused. */
export interface DisputeMovement {
  /** As balance transactions call it (their `sourceId`), unique among a rail's disputes. */
  id: string
  kind: 'withdrawn' | 'reinstated'
  /** The disputed money alone, positive. */
  amount: Money
  /** What the provider charges (withdrawn) or gives back (reinstated) on top, zero or positive. */
  fee: Money
  at: Date
}

/** A payer's complaint to their bank or to the provider, as the provider sees it now. */
export interface ProviderDispute {
  id: string
  /** The charge that it is about: a deposit's `chargeId`. */
  chargeId: string
  /** What the payer claims; may exceed the charge. */
  amount: Money
  /**
   * inquiry: a question that has moved no money. needs_response: evidence is wanted. under_review:
   * somebody decides. won, lost: decided, for us or against. closed: over without any decision about
   * money, such as an inquiry that ended or a complaint that was withdrawn.
   */
  state: 'inquiry' | 'needs_response' | 'under_review' | 'won' | 'lost' | 'closed'
  /** The provider's own word for it. */
  status: string
  reason: string
  /** Until when evidence is taken; undefined when none is (any more). */
  evidenceDueBy?: Date
  evidenceSubmitted: boolean
  openedAt: Date
  /** Every movement of our balance so far, oldest first. Status alone moves nothing in our books. */
  movements: DisputeMovement[]
}

/** What we hold that speaks for a delivery, ready to be sent to the provider. */
export interface DisputeEvidence {
  key: string
  customerName: string
  customerEmail: string
  productDescription: string
  /** When the work was delivered, if it was. */
  serviceDate?: Date
  /** Everything else as text: submissions, approvals, releases, messages, oldest first. */
  narrative: string
}

/** A period, both ends belong to it. */
export interface Period {
  from: Date
  to: Date
}

export interface ProviderBalance {
  currency: string
  available: Money
  pending: Money
}

/** What a rail takes without converting currencies. */
export interface RailLimits {
  minimum: Money
  maximum: Money
}

/** What a provider has a record of that people may want to read as it is. */
export type RecordKind = 'deposit' | 'refund' | 'payout' | 'dispute'

export interface Provider {
  readonly name: PaymentProvider
  readonly rail: Rail
  /** Limits for one payment, or undefined if the rail does not settle this currency. */
  limitsFor(currency: string): RailLimits | undefined
  /** The ways in which a deposit can be paid; the first is taken when the caller names none. */
  readonly depositMethods: readonly DepositMethod[]
  /** How long an unpaid deposit stays open, in milliseconds. */
  readonly depositLifetimeMs: number
  /** How long after the capture the rail refunds, and holds, in days. */
  readonly refundableDays: number
  readonly holdDays: number
  /** How long a key protects from a second effect, in milliseconds, by what is made under it. */
  readonly keyLifetimeMs: Readonly<Record<'deposit' | 'refund' | 'payout' | 'recipient', number>>
  /** A payout names the charge that funds it, and needs no balance of ours if it has one. */
  readonly payoutsDrawOnCharge: boolean

  createDeposit(input: CreateDeposit): Promise<ProviderDeposit>
  getDeposit(id: string): Promise<ProviderDeposit>
  /** The deposit that a charge belongs to. */
  getDepositByCharge(chargeId: string): Promise<ProviderDeposit>
  /**
   * Takes the money of a deposit whose state is `approved`. Repeating it has one effect, with any key:
   * a payment is captured once.
   *
   * @throws ProviderFailure declined if the payer's means of payment was refused; they may try another
   */
  captureDeposit(id: string, key: string): Promise<ProviderDeposit>
  /** Makes it unpayable, or tells that it was paid first: look at the answer's state. */
  cancelDeposit(id: string, key: string): Promise<ProviderDeposit>
  refund(input: CreateRefund): Promise<ProviderMovement>
  getRefund(id: string): Promise<ProviderMovement>
  createPayout(input: CreatePayout): Promise<ProviderMovement>
  getPayout(id: string): Promise<ProviderMovement>

  /**
   * Where payouts go if the freelancer has to name it themselves: checks it and brings it into its one
   * form. Undefined for a provider that makes the account itself.
   *
   * @throws Problem 422 for an address that this provider cannot pay
   */
  readonly destinationOf?: (destination: string, country: string) => string

  onboardRecipient(input: {
    key: string
    payoutAccountId: string
    email: string
    country: string
    /** As `destinationOf` brought it into form, for providers that have it. */
    destination?: string
  }): Promise<RecipientState>
  getRecipient(destination: string): Promise<RecipientState>
  /** A single-use link where the recipient gives the provider what it wants. Never stored. */
  onboardingLink(destination: string, urls: { refresh: string; return: string }): Promise<string>

  /**
   * Checks a webhook's signature over its raw body.
   *
   * @returns the event's id, type and the raw object
   * @throws Problem 400 `bad_signature` if it is not the provider's, or too old
   */
  verifyWebhook(
    rawBody: string,
    headers: Record<string, string | undefined>,
    endpoint: WebhookEndpoint
  ): Promise<{ event: ProviderEvent; payload: Record<string, unknown> }>
  /** The same reduction for an event already stored. */
  parseEvent(payload: Record<string, unknown>): ProviderEvent

  /**
   * Looks one of our transactions up by the id that we left in the provider's metadata. The answer is
   * conclusive: undefined means that the provider has no such object now.
   */
  findByMetadata(
    kind: 'deposit',
    transactionId: string,
    hints: LookupHints
  ): Promise<ProviderDeposit | undefined>
  findByMetadata(
    kind: 'refund' | 'payout',
    transactionId: string,
    hints: LookupHints
  ): Promise<ProviderMovement | undefined>

  /**
   * Every movement of our balance in a period, page by page; nothing is held back in memory.
   *
   * @param onForeign given what is in a currency that `Money` does not know. Without it such a movement
   *   ends the list with a ProviderFailure `unknown`: to leave it out would hide it
   */
  listBalanceTransactions(
    period: Period,
    onForeign?: (movement: ForeignMovement) => Promise<void>
  ): AsyncIterable<ProviderBalanceTransaction>
  /** How long after it happened a movement may still be missing from that list, in milliseconds. */
  readonly balanceTransactionLagMs: number
  getBalance(): Promise<ProviderBalance[]>

  /**
   * The provider's own record as it is at this moment, for people to read and for nothing else.
   *
   * @param id as `getDeposit`, `getRefund`, `getPayout` and `getDispute` take it
   */
  rawRecord(kind: RecordKind, id: string): Promise<object>

  getDispute(id: string): Promise<ProviderDispute>
  /** Every dispute that was opened or changed in a period. Fails at the end if one could not be read. */
  listDisputes(period: Period): AsyncIterable<ProviderDispute>
  /** Sends our evidence, as final. Repeating it with the same key has one effect. */
  submitEvidence(id: string, evidence: DisputeEvidence): Promise<ProviderDispute>

  /**
   * Events that may never have reached us, of our own account and of connected ones, in the form in
   * which webhooks bring them.
   *
   * @param accounts connected accounts to look at, too
   * @param options.delivered also events that it knows to have reached us; some list them anyway
   */
  listEvents(
    period: Period,
    accounts: AsyncIterable<string> | Iterable<string>,
    options?: { delivered?: boolean }
  ): AsyncIterable<{ event: ProviderEvent; payload: Record<string, unknown> }>

  /**
   * Takes back (a part of) a payout from its recipient's balance, if the rail can do that.
   *
   * @param id the payout, as `getPayout` knows it
   * @returns the payout afterwards, with its `returnedAmount`; undefined if this rail takes nothing back
   * @throws ProviderFailure declined if the recipient's balance does not cover it
   */
  reversePayout(id: string, amount: Money, key: string): Promise<ProviderMovement | undefined>

  /**
   * Takes a payout back that nobody has claimed yet. Repeating it has one effect: whatever it is by now is
   * the answer.
   *
   * Undefined for a rail whose payouts have arrived as soon as they exist.
   *
   * @param id the payout, as `getPayout` knows it
   * @throws ProviderFailure declined if it has been claimed or never was there to be claimed
   */
  readonly cancelPayout?: (id: string) => Promise<ProviderMovement>

  /**
   * Looks a recipient up by the id of our payout account, among those made since then. The answer is
   * conclusive: undefined means that there is none now.
   */
  findRecipient(payoutAccountId: string, since: Date): Promise<RecipientState | undefined>
  /**
   * A payout from a recipient's own balance to their bank; undefined if the recipient has left us, and
   * we cannot look any more.
   */
  getRecipientPayout(id: string, destination: string): Promise<RecipientPayout | undefined>
}

/** A payout from a recipient's own balance to their bank, as the provider sees it now. */
export interface RecipientPayout {
  id: string
  state: 'pending' | 'paid' | 'failed' | 'cancelled'
  createdAt: Date
  /** Undefined in a currency that is none of ours: the recipient's bank may have any. */
  amount?: Money
  /** Why it failed, in the provider's words; empty otherwise. */
  failureMessage: string
}

/**
 * The key under which a transaction's provider call is sent. Deterministic, so that a process that
 * died and one that retries send the same; it changes only with `attempt`.
 */
export function providerKey(transactionId: string, attempt: number, step = 'create'): string {
  return `safesend:${transactionId}:${step}:${attempt}`
}

/** The attempt that such a key of a transaction was made for; undefined if it is none of its keys. */
export function attemptOf(transactionId: string, key = ''): number | undefined {
  const [, attempt] = /:create:([1-9]\d*)$/.exec(key) ?? []
  const made = Number(attempt)
  return key === providerKey(transactionId, made) ? made : undefined
}
