import type { ProviderEvent } from '#payments/provider'

/** The members of an event that say what it is about. All of it is somebody else's JSON. */
interface Resource {
  id?: unknown
  order_id?: unknown
  payout_batch_id?: unknown
  batch_header?: { payout_batch_id?: unknown }
  dispute_id?: unknown
  disputed_transactions?: { seller_transaction_id?: unknown }[]
  links?: { rel?: unknown; href?: unknown }[]
}

/**
 * Reduces an event to the object to look at. Only ids are taken from it: what the object is now, PayPal is
 * asked, because events come late, twice and in any order.
 */
export function parsePaypalEvent(payload: Record<string, unknown>): ProviderEvent {
  const { id, event_type: name, resource } = payload
  const type = text(name)
  const subject = isObject(resource) ? subjectOf(type, resource) : undefined
  return { id: text(id), type, account: '', subject: subject ?? { kind: 'other' } }
}

function subjectOf(type: string, resource: Resource): ProviderEvent['subject'] | undefined {
  const family = type.slice(0, type.lastIndexOf('.'))
  switch (family) {
    case 'CHECKOUT.ORDER':
      return about('deposit', resource.id)
    // The payer took the approval back.
    case 'CHECKOUT.PAYMENT-APPROVAL':
      return about('deposit', resource.order_id)
    case 'PAYMENT.CAPTURE':
      return ofCapture(type, resource)
    case 'PAYMENT.REFUND':
      return about('refund', resource.id)
    case 'PAYMENT.PAYOUTSBATCH':
      return about('payout', member(resource.batch_header, 'payout_batch_id'))
    case 'PAYMENT.PAYOUTS-ITEM':
      return about('payout', resource.payout_batch_id)
    case 'CUSTOMER.DISPUTE':
      return ofDispute(resource)
  }
  return undefined
}

/** Of money that went back, the event shows the refund; its link `up` leads to the capture. */
function ofCapture(type: string, resource: Resource): ProviderEvent['subject'] | undefined {
  if (type === 'PAYMENT.CAPTURE.REFUNDED') return about('refund', resource.id)
  if (type === 'PAYMENT.CAPTURE.REVERSED') {
    const links = Array.isArray(resource.links) ? resource.links : []
    const up = links.find((link) => member(link, 'rel') === 'up')
    const [, capture] = /\/v2\/payments\/captures\/([A-Z0-9]+)$/.exec(text(up?.href)) ?? []
    return about('charge', capture ?? resource.id)
  }
  return about('charge', resource.id)
}

function ofDispute(resource: Resource): ProviderEvent['subject'] | undefined {
  const id = text(resource.dispute_id)
  if (!id) return undefined
  const disputed: unknown = resource.disputed_transactions
  const first = Array.isArray(disputed) ? disputed[0] : undefined
  return { kind: 'dispute', id, chargeId: text(member(first, 'seller_transaction_id')) }
}

function about(
  kind: 'deposit' | 'charge' | 'refund' | 'payout',
  id: unknown
): ProviderEvent['subject'] | undefined {
  return text(id) ? { kind, id: text(id) } : undefined
}

function member(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
