import { ProviderFailure, type Period, type ProviderEvent } from '#payments/provider'
import { everyOf, isLiveMode, stripeClient } from './client.js'

/** Reading anything of an account that has left us fails with this. */
const LEFT_US = 'account_invalid'

/** The members of an event that say what it is about. All of it is somebody else's JSON. */
interface EventPayload {
  id?: unknown
  type?: unknown
  account?: unknown
  livemode?: unknown
  data?: { object?: Record<string, unknown> }
}

/**
 * Events that Stripe could not deliver, or not yet, to every address of ours. It keeps them for 30 days.
 * Those of connected accounts have to be asked for one account at a time; an account that has left us
 * cannot be asked any more, and is passed over.
 *
 * @param delivered also those that it did deliver
 */
export async function* listEvents(
  period: Period,
  accounts: AsyncIterable<string> | Iterable<string>,
  { delivered = false } = {}
): AsyncGenerator<{ event: ProviderEvent; payload: Record<string, unknown> }> {
  yield* eventsOf(period, '', delivered)
  for await (const account of accounts) {
    try {
      yield* eventsOf(period, account, delivered)
    } catch (error) {
      if (!(error instanceof ProviderFailure) || error.code !== LEFT_US) throw error
    }
  }
}

async function* eventsOf({ from, to }: Period, account: string, delivered: boolean) {
  const created = {
    gte: Math.floor(from.getTime() / 1000),
    lte: Math.floor(to.getTime() / 1000),
  }
  const list = () =>
    stripeClient().events.list(
      { created, ...(!delivered && { delivery_success: false }), limit: 100 },
      account ? { stripeAccount: account } : {}
    )
  for await (const listed of everyOf(list)) {
    // Whose it is, Stripe need not repeat to who asked for that account's events.
    const payload = { ...listed, ...(account && { account }) } as unknown as Record<string, unknown>
    yield { event: parseStripeEvent(payload, isLiveMode()), payload }
  }
}

/**
 * Reduces an event to the object to look at. Only ids are taken from it: what the object is now, Stripe
 * is asked, because events come late, twice and in any order.
 *
 * @param live whether our key is a live one; an event of the other world is about nothing of ours
 */
export function parseStripeEvent(payload: Record<string, unknown>, live: boolean): ProviderEvent {
  const { id, type, account, livemode, data } = payload as EventPayload
  const event = { id: text(id), type: text(type), account: text(account) }
  const foreign = typeof livemode === 'boolean' && livemode !== live
  const subject = foreign ? undefined : subjectOf(event.type, event.account, data?.object ?? {})
  return { ...event, subject: subject ?? { kind: 'other' } }
}

function subjectOf(
  type: string,
  account: string,
  object: Record<string, unknown>
): ProviderEvent['subject'] | undefined {
  const id = text(object.id)
  const family = type.slice(0, type.lastIndexOf('.'))
  if (account) return subjectOfAccount(family, type, account, object)
  if (!id) return undefined
  switch (family) {
    case 'payment_intent':
    case 'checkout.session':
      return { kind: 'deposit', id }
    case 'charge':
      return { kind: 'charge', id }
    case 'refund':
    case 'charge.refund':
      return { kind: 'refund', id }
    case 'charge.dispute':
      return { kind: 'dispute', id, chargeId: text(object.charge) }
    case 'transfer':
      return { kind: 'payout', id }
    case 'account':
      return { kind: 'recipient', id }
    case 'capability':
      return { kind: 'recipient', id: text(object.account) }
  }
  // `payout.*` without an account is our own withdrawal to the bank.
  return undefined
}

/**
 * Events of connected accounts. Payments and refunds there are not ours: their ids must never be taken
 * for deposits of the platform.
 */
function subjectOfAccount(
  family: string,
  type: string,
  account: string,
  object: Record<string, unknown>
): ProviderEvent['subject'] | undefined {
  const about = ['account', 'account.application', 'account.external_account', 'capability']
  if (about.includes(family)) return { kind: 'recipient', id: account }
  const id = text(object.id)
  return family === 'payout' && id && type !== 'payout.reconciliation_completed'
    ? { kind: 'recipient_payout', id, account }
    : undefined
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
