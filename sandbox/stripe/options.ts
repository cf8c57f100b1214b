/** An endpoint that gets events: those of the platform, or with `connect` those of its accounts. */
export interface WebhookEndpoint {
  url: string
  secret: string
  connect?: boolean
}

/** Times in milliseconds; those of the sandbox clock say so, the others are of the wall clock. */
export interface SandboxOptions {
  /** What the platform owns at the start, in USD cents. Default 10,000,000 (100,000.00). */
  openingFloat?: bigint
  /** Where state is kept over restarts. Without it, state lives in memory. */
  dataDir?: string
  webhooks?: WebhookEndpoint[]
  /** Card fee in basis points plus a fixed amount of minor units. Default 290 and 30. */
  fees?: { bps: number; fixed: number }
  /** Fee of a dispute in minor units. Default 1500. */
  disputeFee?: number
  /** How long a charge's money stays pending, by the sandbox clock. Default 0. */
  availableAfterMs?: number
  /** Fees come after `charge.succeeded`: at `settleFees`, or by themselves after `afterMs`. */
  lateFees?: boolean | { afterMs: number }
  /** How long a payout takes to be paid, by the sandbox clock. Default two days. */
  payoutAfterMs?: number
  /** Where the platform is. Default US. */
  country?: string
  /** How long a top-up takes to arrive, by the sandbox clock. Default one day. */
  topUpAfterMs?: number
  /** How long `pm_card_pendingRefund` and `pm_card_refundFail` take. Default one hour. */
  refundAfterMs?: number
  /** How long a new object stays invisible to the search endpoints. Default 0. */
  searchLagMs?: number
  /** Waits between attempts at one webhook. After the last one it is given up. */
  webhookRetryDelaysMs?: number[]
}

export interface ResolvedOptions {
  openingFloat: bigint
  dataDir?: string
  webhooks: WebhookEndpoint[]
  fees: { bps: number; fixed: number }
  disputeFee: number
  availableAfterMs: number
  lateFees: boolean
  lateFeesAfterMs: number
  payoutAfterMs: number
  country: string
  topUpAfterMs: number
  refundAfterMs: number
  searchLagMs: number
  webhookRetryDelaysMs: number[]
}

const HOUR = 3_600_000

/** Fills in the defaults. */
export function resolveOptions(options: SandboxOptions): ResolvedOptions {
  const late = options.lateFees ?? false
  return {
    openingFloat: options.openingFloat ?? 10_000_000n,
    dataDir: options.dataDir,
    webhooks: options.webhooks ?? [],
    fees: options.fees ?? { bps: 290, fixed: 30 },
    disputeFee: options.disputeFee ?? 1500,
    availableAfterMs: options.availableAfterMs ?? 0,
    lateFees: late !== false,
    lateFeesAfterMs: typeof late === 'object' ? late.afterMs : Number.POSITIVE_INFINITY,
    payoutAfterMs: options.payoutAfterMs ?? 48 * HOUR,
    country: options.country ?? 'US',
    topUpAfterMs: options.topUpAfterMs ?? 24 * HOUR,
    refundAfterMs: options.refundAfterMs ?? HOUR,
    searchLagMs: options.searchLagMs ?? 0,
    // Stripe retries for three days; so does this, ever more slowly.
    webhookRetryDelaysMs: options.webhookRetryDelaysMs ?? [
      500,
      2000,
      10_000,
      60_000,
      300_000,
      HOUR,
      6 * HOUR,
      12 * HOUR,
      24 * HOUR,
      24 * HOUR,
    ],
  }
}
