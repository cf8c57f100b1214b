import type Stripe from 'stripe'
import env from '#start/env'
import {
  NOT_A_DEPOSIT,
  ProviderFailure,
  type CreateDeposit,
  type ProviderDeposit,
} from '#payments/provider'
import { fromStripe, toStripe } from './amounts.js'
import { ask, everyOf, isReplay, look, stripeClient } from './client.js'
import { createdSince } from './windows.js'

/**
 * A deposit is a PaymentIntent (`pi_`), or a Checkout Session (`cs_`). A session has no intent until
 * somebody pays, so the session's id is the deposit's name for good; its intent is found through it,
 * and it through its intent, which carries this mark.
 */
const CHECKOUT_MARK = { channel: 'checkout' }

/** Charge and fee come with the payment, in one request. */
const PAYMENT = 'latest_charge.balance_transaction'

/** Stripe ends a session at most 24 h after making it, by its own clock: stay below that. */
const SESSION_MARGIN_S = 300

type Session = Stripe.Checkout.Session
type Intent = Stripe.PaymentIntent

/** Asks for a payment on the platform's own account (separate charges and transfers). */
export async function createDeposit(input: CreateDeposit): Promise<ProviderDeposit> {
  if (input.method === 'checkout') {
    const session = await ask('checkout.session', () => createSession(input))
    return isReplay(session) ? getDeposit(session.id) : describeSession(session)
  }
  const intent = await ask('payment_intent', () => createIntent(input))
  return isReplay(intent) ? getDeposit(intent.id) : describeIntent(intent)
}

/** @param id `pi_…` or `cs_…`; an intent that a session made is answered as its session */
export async function getDeposit(id: string): Promise<ProviderDeposit> {
  return id.startsWith('cs_')
    ? describeSession(await getSession(id))
    : describeIntent(await getIntent(id))
}

export async function getDepositByCharge(chargeId: string): Promise<ProviderDeposit> {
  const charge = await look('charge', () => stripeClient().charges.retrieve(chargeId))
  const intent = idOf(charge.payment_intent)
  if (!intent) {
    throw new ProviderFailure('unknown', NOT_A_DEPOSIT, `${chargeId} belongs to no deposit.`)
  }
  return getDeposit(intent)
}

/**
 * Makes a deposit unpayable. Looks first, so that a deposit that is decided already is told as it is;
 * the key takes the last attempt at paying in, or a refusal from while that one was under way would be
 * replayed after it failed.
 */
export async function cancelDeposit(id: string, key: string): Promise<ProviderDeposit> {
  const deposit = await getDeposit(id)
  if (deposit.state !== 'open') return deposit
  const idempotencyKey = `${key}:${deposit.chargeId || deposit.lastChargeId || 'unpaid'}`
  try {
    await (deposit.id.startsWith('cs_')
      ? ask('checkout.session', () =>
          stripeClient().checkout.sessions.expire(deposit.id, {}, { idempotencyKey })
        )
      : ask('payment_intent', () =>
          stripeClient().paymentIntents.cancel(deposit.id, {}, { idempotencyKey })
        ))
  } catch (error) {
    // Paid or cancelled since we looked, perhaps; then the state says so.
    if (!(error instanceof ProviderFailure) || error.kind !== 'declined') throw error
    const now = await getDeposit(id)
    if (now.state === 'open') throw new ProviderFailure('retry', error.code, error.message)
    return now
  }
  return getDeposit(id)
}

/**
 * Finds our deposit among all that were begun since then. Lists, not the search endpoint: lists are
 * complete at once, while search may lag by a minute or more, which is no proof of absence.
 */
export async function findDeposit(
  transactionId: string,
  since: Date
): Promise<ProviderDeposit | undefined> {
  const stripe = stripeClient()
  const window = { created: createdSince(since), limit: 100 }
  const found = new Set<string>()
  for await (const session of everyOf(() => stripe.checkout.sessions.list(window))) {
    if (session.metadata?.transaction_id === transactionId) found.add(session.id)
  }
  for await (const intent of everyOf(() => stripe.paymentIntents.list(window))) {
    const ours = intent.metadata.transaction_id === transactionId
    if (ours && !isFromCheckout(intent)) found.add(intent.id)
  }
  const deposits = await Promise.all([...found].map(getDeposit))
  // Of several attempts the one that has, or may still bring, the money.
  const order = ['captured', 'processing', 'open', 'cancelled']
  return deposits.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))[0]
}

function createIntent(input: CreateDeposit): Promise<Stripe.Response<Intent>> {
  return stripeClient().paymentIntents.create(
    {
      ...toStripe(input.amount),
      automatic_payment_methods: { enabled: true },
      description: input.description,
      transfer_group: input.projectId,
      metadata: { transaction_id: input.transactionId },
    },
    { idempotencyKey: input.key }
  )
}

function createSession(input: CreateDeposit): Promise<Stripe.Response<Session>> {
  const { amount, currency } = toStripe(input.amount)
  const backTo = input.returnUrl ?? env.get('FRONTEND_URL') ?? env.get('APP_URL')
  return stripeClient().checkout.sessions.create(
    {
      mode: 'payment',
      line_items: [
        {
          quantity: 1,
          price_data: {
            currency,
            unit_amount: amount,
            product_data: { name: input.description },
          },
        },
      ],
      success_url: backTo,
      cancel_url: backTo,
      expires_at: Math.floor(input.expiresAt.getTime() / 1000) - SESSION_MARGIN_S,
      client_reference_id: input.transactionId,
      metadata: { transaction_id: input.transactionId },
      payment_intent_data: {
        description: input.description,
        transfer_group: input.projectId,
        metadata: { transaction_id: input.transactionId, ...CHECKOUT_MARK },
      },
    },
    { idempotencyKey: input.key }
  )
}

function getIntent(id: string): Promise<Stripe.Response<Intent>> {
  return look('payment_intent', () =>
    stripeClient().paymentIntents.retrieve(id, { expand: [PAYMENT] })
  )
}

function getSession(id: string): Promise<Stripe.Response<Session>> {
  return look('checkout.session', () =>
    stripeClient().checkout.sessions.retrieve(id, { expand: [`payment_intent.${PAYMENT}`] })
  )
}

async function describeIntent(intent: Intent): Promise<ProviderDeposit> {
  if (isFromCheckout(intent)) {
    const sessions = everyOf(() =>
      stripeClient().checkout.sessions.list({ payment_intent: intent.id, limit: 1 })
    )
    for await (const { id } of sessions) return describeSession(await getSession(id))
    // Under the intent's name the same money would be booked a second time, beside its session's.
    throw new ProviderFailure(
      'retry',
      'session_not_found',
      `Stripe does not show the Checkout session of ${intent.id} now.`
    )
  }
  const deposit = paymentOf(intent)
  return deposit.state === 'open' && intent.client_secret
    ? {
        ...deposit,
        clientAction: {
          type: 'confirm_payment',
          client_secret: intent.client_secret,
          publishable_key: env.get('STRIPE_PUBLISHABLE_KEY'),
        },
      }
    : deposit
}

async function describeSession(session: Session): Promise<ProviderDeposit> {
  const intent = session.payment_intent
  if (typeof intent === 'string') return describeSession(await getSession(session.id))
  const payment = intent && paymentOf(intent)
  const open = session.status === 'open'
  const deposit: ProviderDeposit = {
    ...(payment ?? {
      amount: fromStripe(session.amount_total ?? 0, session.currency ?? 'usd'),
      chargeId: '',
      state: 'open',
    }),
    id: session.id,
    transactionId: session.metadata?.transaction_id ?? '',
  }
  // A hosted page that is closed takes no second card, whatever its intent still says.
  if (deposit.state === 'open' && !open) return { ...deposit, state: 'cancelled' }
  return deposit.state === 'open' && session.url
    ? { ...deposit, clientAction: { type: 'redirect', url: session.url } }
    : deposit
}

/** What an intent says about the money, with its charge and fee where the request expanded them. */
function paymentOf(intent: Intent): ProviderDeposit {
  const state = stateOf(intent.status)
  const last = typeof intent.latest_charge === 'object' ? intent.latest_charge : null
  const charge = state === 'captured' ? last : null
  const fee = typeof charge?.balance_transaction === 'object' ? charge.balance_transaction : null
  const minor = state === 'captured' ? intent.amount_received : intent.amount
  return {
    id: intent.id,
    transactionId: intent.metadata.transaction_id ?? '',
    state,
    amount: fromStripe(minor, intent.currency),
    chargeId: charge?.id ?? '',
    lastChargeId: idOf(intent.latest_charge),
    capturedAt: charge ? new Date(charge.created * 1000) : undefined,
    fee: fee ? fromStripe(fee.fee, fee.currency) : undefined,
    lastError: intent.last_payment_error?.message ?? undefined,
    refundedAmount: charge ? fromStripe(charge.amount_refunded, charge.currency) : undefined,
    disputed: charge?.disputed,
  }
}

function stateOf(status: Intent['status']): ProviderDeposit['state'] {
  switch (status) {
    case 'succeeded':
      return 'captured'
    case 'canceled':
      return 'cancelled'
    case 'requires_payment_method':
    case 'requires_confirmation':
    case 'requires_action':
      return 'open'
    // `processing`, and what a later API may add: paid or not, we do not know yet.
    default:
      return 'processing'
  }
}

function isFromCheckout(intent: Intent): boolean {
  return intent.metadata.channel === CHECKOUT_MARK.channel
}

function idOf(reference: string | { id: string } | null | undefined): string {
  return typeof reference === 'string' ? reference : (reference?.id ?? '')
}
