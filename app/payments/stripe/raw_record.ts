import { look, stripeClient } from './client.js'
import type { RecordKind } from '#payments/provider'

/**
 * An object of Stripe's as it is, for people to read.
 *
 * @throws ProviderFailure `unknown` or `retry`
 */
export async function rawRecord(kind: RecordKind, id: string): Promise<object> {
  const stripe = stripeClient()
  if (kind === 'refund') return plain(await look('refund', () => stripe.refunds.retrieve(id)))
  if (kind === 'payout') return plain(await look('transfer', () => stripe.transfers.retrieve(id)))
  if (kind === 'dispute') return plain(await look('dispute', () => stripe.disputes.retrieve(id)))
  if (id.startsWith('cs_')) {
    const expand = ['payment_intent.latest_charge']
    return plain(
      await look('checkout.session', () => stripe.checkout.sessions.retrieve(id, { expand }))
    )
  }
  const expand = ['latest_charge']
  return plain(await look('payment_intent', () => stripe.paymentIntents.retrieve(id, { expand })))
}

/** Without what the SDK adds of the answer that it came with. */
function plain(record: object): object {
  return JSON.parse(JSON.stringify(record))
}
