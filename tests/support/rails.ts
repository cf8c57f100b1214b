import db from '@adonisjs/lucid/services/db'
import { formatMinor } from '#ledger/money'
import type { PaymentProvider, Rail } from '#models/transaction'
import type { WebhookEndpoint } from '#payments/provider'
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
  /** The setting that says where it is. */
  base: 'STRIPE_API_BASE' | 'PAYPAL_API_BASE'
  /** The payer does their part with an open deposit, in a form or on the provider's page. */
  pay(deposit: string, payer?: Payer): void
  /** A recipient gives the provider everything that it wants. */
  onboard(destination: string): void
  /** The next payout to this recipient does not arrive. */
  refuseRecipient(destination: string): void
  /** A payout that had arrived comes back, all of it. */
  returnPayout(payout: string): void
  /** @param wanted.amount in minor units, default the whole charge; an inquiry takes no money yet */
  openDispute(charge: string, wanted?: { amount?: number; inquiry?: boolean }): string
  escalateDispute(dispute: string): void
  decideDispute(dispute: string, outcome: 'won' | 'lost'): void
  /** How often evidence was taken in, and the route that takes it. */
  evidenceTaken(dispute: string): number
  evidenceRoute: string
  /** Moves our balance for a reason that only the provider knows, by minor units. */
  adjustBalance(amount: number): void
  /** Everything that happened so far, each as its webhook brings it. */
  webhooks(signed?: Signed): SignedWebhook[]
}

/** How the payer's means of payment behaves; `slowly_refunded`: refunds to it take their time. */
export type Payer = 'accepted' | 'refused' | 'slowly_refunded'

/** Whether a webhook is signed as it should be, or what is wrong with it. */
export type Signed = 'well' | 'long_ago' | 'for_another_endpoint' | 'by_somebody_else'

export interface SignedWebhook {
  event: string
  body: string
  headers: Record<string, string>
  endpoint: WebhookEndpoint
}

/** Longer than any provider repeats a webhook. */
const LONG_AGO_MS = 10 * 24 * 3_600_000

const CARDS: Record<Payer, string> = {
  accepted: 'pm_card_visa',
  refused: 'pm_card_chargeDeclined',
  slowly_refunded: 'pm_card_pendingRefund',
}

const stripeRail: TestRail = {
  provider: 'stripe',
  rail: 'stripe',
  standIn: sandbox,
  base: 'STRIPE_API_BASE',
  pay(deposit, payer = 'accepted') {
    const card = { card: CARDS[payer] }
    if (deposit.startsWith('cs_')) sandbox.pay(deposit, card)
    else sandbox.confirm(deposit, card)
  },
  onboard: (destination) => sandbox.completeOnboarding(destination),
  refuseRecipient: (destination) => sandbox.restrictAccount(destination),
  returnPayout: (payout) => void sandbox.reverseTransfer(payout),
  openDispute: (charge, { amount, inquiry } = {}) =>
    sandbox.openDispute(charge, { amount, ...(inquiry && { status: 'warning_needs_response' }) }),
  escalateDispute: (dispute) => sandbox.escalateInquiry(dispute),
  decideDispute: (dispute, outcome) => sandbox.closeDispute(dispute, outcome),
  evidenceTaken: (id) =>
    sandbox.disputes.find((dispute) => dispute.id === id)!.evidence_details.submission_count,
  evidenceRoute: 'POST /v1/disputes/{dispute}',
  adjustBalance: (amount) => void sandbox.adjustBalance({ amount }),
  webhooks: (signed = 'well') =>
    sandbox.events.map((event) => {
      const [own, other] = event.account ? [true, false] : [false, true]
      const secretOf = (connect: boolean) =>
        sandbox.webhooks.find((each) => Boolean(each.connect) === connect)!.secret
      const { body, headers } = sandbox.signedPayload(event, {
        secret:
          signed === 'by_somebody_else'
            ? 'whsec_of_somebody_else'
            : secretOf(signed === 'for_another_endpoint' ? other : own),
        ...(signed === 'long_ago' && { timestamp: Math.floor((Date.now() - LONG_AGO_MS) / 1000) }),
      })
      return { event: event.id, body, headers, endpoint: own ? 'connect' : 'platform' }
    }),
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

/** Venmo is another button, wallet and webhook of the same PayPal. */
function paypalRail(provider: 'paypal' | 'venmo'): TestRail {
  const endpoint = provider === 'venmo' ? 'venmo' : 'platform'
  return {
    provider,
    rail: 'paypal',
    standIn: paypalSandbox,
    routes: paypalRoutes,
    effects: paypalEffects,
    base: 'PAYPAL_API_BASE',
    pay(deposit, payer) {
      if (payer === 'slowly_refunded') paypalSandbox.refundsPend(true)
      paypalSandbox.approve(deposit, payer === 'refused' ? { instrument: 'declined' } : {})
    },
    onboard() {},
    refuseRecipient: (destination) => paypalSandbox.planPayout('FAILED', destination),
    returnPayout: (payout) => paypalSandbox.setPayoutItem(payout, 'REVERSED'),
    openDispute: (charge, { amount, inquiry } = {}) =>
      paypalSandbox.openDispute(charge, { amount, ...(inquiry && { stage: 'INQUIRY' }) }),
    escalateDispute: (dispute) => paypalSandbox.escalateDispute(dispute),
    decideDispute: (dispute, outcome) =>
      paypalSandbox.resolveDispute(dispute, outcome === 'won' ? 'seller' : 'buyer'),
    evidenceTaken: (id) =>
      paypalSandbox.requestLog.filter(
        ({ method, path, status }) =>
          method === 'POST' && path.endsWith(`${id}/provide-evidence`) && status === 200
      ).length,
    evidenceRoute: 'POST /v1/customer/disputes/{id}/provide-evidence',
    adjustBalance: (amount) => void paypalSandbox.adjustBalance(amount),
    webhooks(signed) {
      const [paypalId, venmoId] = paypalSandbox.webhooks.map(({ id }) => id)
      const [own, other] = provider === 'venmo' ? [venmoId, paypalId] : [paypalId, venmoId]
      return paypalSandbox.events.map((event) => {
        const { body, headers } = paypalSandbox.signedPayload(event, {
          webhookId: signed === 'for_another_endpoint' ? other : own,
          ...(signed === 'long_ago' && { timestamp: Date.now() - LONG_AGO_MS }),
          ...(signed === 'by_somebody_else' && { keyPair: paypalSandbox.forgedKeyPair() }),
        })
        return { event: event.id, body, headers, endpoint }
      })
    },
  }
}

export const RAILS_UNDER_TEST: TestRail[] = [stripeRail, paypalRail('paypal'), paypalRail('venmo')]

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
