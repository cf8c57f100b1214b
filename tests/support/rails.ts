import db from '@adonisjs/lucid/services/db'
import { formatMinor } from '#ledger/money'
import type { PaymentProvider, Rail } from '#models/transaction'
import { providerFor } from '#payments/registry'
import { withSetting } from '#tests/support/provider_calls'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'

/** The calls by which a rail moves money, or makes what money is sent to. */
export type Step = 'deposit' | 'capture' | 'refund' | 'payout' | 'onboarding'
export const STEPS: Step[] = ['deposit', 'capture', 'refund', 'payout', 'onboarding']

/** What tests do with a provider beside what the application does, in one vocabulary for all three. */
export interface TestRail {
  provider: PaymentProvider
  rail: Rail
  standIn: typeof sandbox | typeof paypalSandbox
  /** The route that a step calls; undefined for a step that this provider does not have. */
  routes: Partial<Record<Step, string>>
  /** How many things a step really made there. */
  effects(step: Step): number
}

const stripeRail: TestRail = {
  provider: 'stripe',
  rail: 'stripe',
  standIn: sandbox,
  routes: {
    deposit: 'POST /v1/payment_intents',
    refund: 'POST /v1/refunds',
    payout: 'POST /v1/transfers',
    onboarding: 'POST /v1/accounts',
  },
  effects: (step) =>
    sandbox.effects(
      (
        {
          deposit: 'payment_intent',
          capture: 'charge',
          refund: 'refund',
          payout: 'transfer',
          onboarding: 'account',
        } as const
      )[step]
    ),
}

const paypalRoutes = {
  deposit: 'POST /v2/checkout/orders',
  capture: 'POST /v2/checkout/orders/{id}/capture',
  refund: 'POST /v2/payments/captures/{capture_id}/refund',
  payout: 'POST /v1/payments/payouts',
}

const paypalEffects = (step: Step) =>
  step === 'onboarding'
    ? 0
    : paypalSandbox.effects(
        (
          {
            deposit: 'order',
            capture: 'capture',
            refund: 'refund',
            payout: 'payout_batch',
          } as const
        )[step]
      )

export const RAILS_UNDER_TEST: TestRail[] = [
  stripeRail,
  ...(['paypal', 'venmo'] as const).map((provider) => ({
    provider,
    rail: 'paypal' as const,
    standIn: paypalSandbox,
    routes: paypalRoutes,
    effects: paypalEffects,
  })),
]

/** Calls give up early until the test ends; a stand-in that hangs would take the default otherwise. */
export function impatient(): () => void {
  const restore = [withSetting('STRIPE_TIMEOUT_MS', 1000), withSetting('PAYPAL_TIMEOUT_MS', 1000)]
  return () => restore.forEach((each) => each())
}

/**
 * How a rail's balance at its provider differs from our clearing account; nothing, when all is settled.
 * Whatever is pending there counts on both sides.
 */
export async function clearingDifference(rail: Rail, currency = 'USD'): Promise<string> {
  const balances = await providerFor(rail).getBalance()
  const own = balances.find((balance) => balance.currency === currency)
  const { rows } = await db.rawQuery(
    'SELECT coalesce(sum(balance), 0)::bigint AS minor FROM ledger_accounts WHERE name = ? AND currency = ?',
    [`clearing:${rail}`, currency]
  )
  const theirs = own ? own.available.minor + own.pending.minor : 0n
  return formatMinor(theirs - BigInt(rows[0].minor), currency)
}
