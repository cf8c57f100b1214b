import { metrics } from '@opentelemetry/api'

/**
 * The metrics of our own, by name; docs/runbook.md says what to do about them, and a test compares the two.
 * Amounts are minor units of a currency, as a float: exact up to 2^53, which is 90 billion times 1,000.00.
 * They are for looking at; nothing decides about money by them.
 */
export const GAUGES = {
  'safesend.escrow.held': ['{minor_unit}', 'Held for milestones, by currency'],
  'safesend.payable': ['{minor_unit}', 'Released and not sent yet, by currency'],
  'safesend.payouts.in_transit': ['{minor_unit}', 'Sent and not confirmed, by currency'],
  'safesend.refunds.in_transit': ['{minor_unit}', 'Sent and not confirmed, by currency'],
  'safesend.refunds.owed': ['{minor_unit}', 'Refunds that no rail could carry, by currency'],
  'safesend.suspense': ['{minor_unit}', 'Money that nobody has explained yet, by currency'],
  'safesend.outcomes.unknown': [
    '{transaction}',
    'Movements of which nobody knows whether they happened',
  ],
  'safesend.outcomes.oldest_unknown_age': ['s', 'Since the first of them was sent'],
  'safesend.events.unhandled': ['{event}', 'Webhook events that are not handled yet'],
  'safesend.events.failed': ['{event}', 'Of those, events whose handling failed'],
  'safesend.events.oldest_unhandled_age': ['s', 'Since the first of them came'],
  'safesend.breaks.open': ['{break}', 'Open breaks, by rail'],
  'safesend.reconciliation.age': ['s', 'Since the last finished comparison, by rail'],
  'safesend.queue.depth': ['{job}', 'Jobs that are due'],
  'safesend.queue.lag': ['s', 'Since the oldest of them is due'],
  'safesend.queue.retrying': ['{job}', 'Jobs that failed and will be tried again'],
  'safesend.queue.dead_letters': ['{job}', 'Jobs that failed for the last time'],
  'safesend.payouts.failed': ['{payout}', 'Payouts that failed and wait for somebody'],
  'safesend.payouts.returned': ['{payout}', 'Payouts that came back and wait for somebody'],
  'safesend.payouts.unclaimed': ['{payout}', 'Payouts that nobody has claimed'],
  'safesend.due': ['{case}', 'What waits for staff, by kind'],
} as const

export type GaugeName = keyof typeof GAUGES

export const COUNTERS = {
  'safesend.errors': ['{error}', 'Failures that nobody expected, by fingerprint'],
} as const

export const DURATIONS = {
  'safesend.job.duration': ['s', 'One try of a job, by job and outcome'],
  'safesend.provider.duration': ['s', 'One call of a provider, by operation and result'],
} as const

/** Buckets of durations, in seconds: a query of a few milliseconds to a call that timed out. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60, 300]

/** Asked for late: before telemetry has started there is no meter but one that does nothing. */
export const meter = () => metrics.getMeter('safesend')

/** A counter by its name. */
export function counter(name: keyof typeof COUNTERS) {
  const [unit, description] = COUNTERS[name]
  return meter().createCounter(name, { unit, description })
}

/** A histogram of seconds by its name. */
export function duration(name: keyof typeof DURATIONS) {
  const [unit, description] = DURATIONS[name]
  return meter().createHistogram(name, {
    unit,
    description,
    advice: { explicitBucketBoundaries: BUCKETS },
  })
}
