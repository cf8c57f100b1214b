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
   * open: may still be paid. processing: paid, outcome open. captured: our balance has it.
   * cancelled: can never be paid any more.
   */
  state: 'open' | 'processing' | 'captured' | 'cancelled'
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
  method: 'payment_element' | 'checkout'
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
  /** The key that it was made under, as its metadata has it: which attempt it belongs to. */
  key?: string
  /** What came back of a movement that was returned, in whole or in part. */
  returnedAmount?: Money
  failureCode?: string
  failureMessage?: string
}

export interface CreatePayout {
  key: string
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
}

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

/** One movement of our balance at the provider. */
export interface ProviderBalanceTransaction {
  id: string
  type: string
  /** The object that caused it. */
  sourceId: string
  amount: Money
  fee: Money
  net: Money
  createdAt: Date
  availableAt: Date
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

export interface Provider {
  readonly name: PaymentProvider
  readonly rail: Rail
  /** Limits for one payment, or undefined if the rail does not settle this currency. */
  limitsFor(currency: string): RailLimits | undefined
  /** How long an unpaid deposit stays open, in milliseconds. */
  readonly depositLifetimeMs: number
  /** How long after the capture the rail refunds, and holds, in days. */
  readonly refundableDays: number
  readonly holdDays: number
  /** How long a key replays its answer, in milliseconds. */
  readonly keyLifetimeMs: number

  createDeposit(input: CreateDeposit): Promise<ProviderDeposit>
  getDeposit(id: string): Promise<ProviderDeposit>
  /** The deposit that a charge belongs to. */
  getDepositByCharge(chargeId: string): Promise<ProviderDeposit>
  /** Makes it unpayable, or tells that it was paid first: look at the answer's state. */
  cancelDeposit(id: string, key: string): Promise<ProviderDeposit>
  refund(input: CreateRefund): Promise<ProviderMovement>
  getRefund(id: string): Promise<ProviderMovement>
  createPayout(input: CreatePayout): Promise<ProviderMovement>
  getPayout(id: string): Promise<ProviderMovement>

  onboardRecipient(input: {
    key: string
    payoutAccountId: string
    email: string
    country: string
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
    endpoint: 'platform' | 'connect'
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

  listBalanceTransactions(from: Date, to: Date): AsyncIterable<ProviderBalanceTransaction>
  getBalance(): Promise<ProviderBalance[]>

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
