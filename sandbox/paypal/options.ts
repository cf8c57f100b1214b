/** A webhook as its owner registered it at PayPal. */
export interface WebhookEndpoint {
  id: string
  url: string
  /** The events that it is subscribed to; all of them if left out. */
  eventTypes?: string[]
}

/** Times in milliseconds; those of the sandbox clock say so, the others are of the wall clock. */
export interface SandboxOptions {
  clientId?: string
  clientSecret?: string
  /** What the account owns at the start in minor units, by currency. Default 100,000.00 USD. */
  openingFloat?: Record<string, bigint>
  /** Where state is kept over restarts. Without it, state lives in memory. */
  dataDir?: string
  webhooks?: WebhookEndpoint[]
  /** Fee of a capture in basis points plus a fixed amount of minor units. Default 349 and 49. */
  fees?: { bps: number; fixed: number }
  /** Fee of a payout in minor units, and what its item shows before it is final. Default 25 each. */
  payoutFee?: { final: number; estimate: number }
  /** Whether a payout that comes back brings its fee along. PayPal's pages do not say. Default no. */
  payoutFeeReturned?: boolean
  /** Fee of a chargeback in minor units. Default 2000. */
  disputeFee?: number
  /** Whether a dispute that is won gives its fee back. Default no. */
  disputeFeeReturned?: boolean
  /** How long a refund is possible, by the sandbox clock. Default 180 days. */
  refundableMs?: number
  /** How long an order can be approved and captured, by the sandbox clock. Default 6 hours. */
  orderLifetimeMs?: number
  /**
   * What an order is after INSTRUMENT_DECLINED. PayPal's pages do not say: some see it wait for the
   * payer again, some find it approved still.
   */
  orderAfterDecline?: 'PAYER_ACTION_REQUIRED' | 'APPROVED'
  /** How long a batch takes to be processed, by the sandbox clock. Default 0. */
  payoutAfterMs?: number
  /** How long an unclaimed payout waits, by the sandbox clock. Default 30 days. */
  unclaimedForMs?: number
  /**
   * Where the refusal of a used `sender_batch_id` links to the first batch: where the document has it,
   * or inside the detail, as the service has been seen to answer.
   */
  duplicateBatchLink?: 'links' | 'details'
  /** How long an access token lasts, by the wall clock, since its holder counts by that. Default 9 hours. */
  tokenLifetimeMs?: number
  /** Whether reports show a payout's note; PayPal's pages say "usually" of such fields. Default yes. */
  payoutNotesInReports?: boolean
  /** So many rows are the most that Transaction Search lists. Default 10,000. */
  searchLimit?: number
  /** How long a movement stays invisible to Transaction Search, by the sandbox clock. Default 0. */
  reportingLagMs?: number
  /** Where the account is: Venmo is for the US only. */
  country?: string
  /** Waits between attempts at one webhook. After the last one it is given up. */
  webhookRetryDelaysMs?: number[]
}

export type ResolvedOptions = Required<Omit<SandboxOptions, 'dataDir'>> & { dataDir?: string }

const MINUTE = 60_000
const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** Fills in the defaults. */
export function resolveOptions(options: SandboxOptions): ResolvedOptions {
  return {
    clientId: 'sandbox-client',
    clientSecret: 'sandbox-secret',
    openingFloat: { USD: 10_000_000n },
    webhooks: [],
    fees: { bps: 349, fixed: 49 },
    payoutFee: { final: 25, estimate: 25 },
    payoutFeeReturned: false,
    disputeFee: 2000,
    disputeFeeReturned: false,
    refundableMs: 180 * DAY,
    orderLifetimeMs: 6 * HOUR,
    orderAfterDecline: 'PAYER_ACTION_REQUIRED',
    payoutAfterMs: 0,
    unclaimedForMs: 30 * DAY,
    duplicateBatchLink: 'links',
    tokenLifetimeMs: 9 * HOUR,
    payoutNotesInReports: true,
    searchLimit: 10_000,
    reportingLagMs: 0,
    country: 'US',
    // PayPal tries up to 25 times in three days; so does this, ever more slowly.
    webhookRetryDelaysMs: [
      ...[500, 2000, 10_000, MINUTE, 5 * MINUTE, 15 * MINUTE],
      ...Array<number>(6).fill(HOUR),
      ...Array<number>(12).fill(5 * HOUR),
    ],
    ...options,
  }
}
