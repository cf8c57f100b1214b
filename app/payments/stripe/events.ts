import type { ProviderEvent } from '#payments/provider'

/** The members of an event that say what it is about. All of it is somebody else's JSON. */
interface EventPayload {
  id?: unknown
  type?: unknown
  account?: unknown
  livemode?: unknown
  data?: { object?: Record<string, unknown> }
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
