/** Stripe's clock and ours may differ. */
const CLOCK_SKEW_S = 600

/** The `created` filter of a list that must contain whatever we began at `since` or later. */
export function createdSince(since: Date): { gte: number } {
  return { gte: Math.floor(since.getTime() / 1000) - CLOCK_SKEW_S }
}
