import type { RecordKind } from '#payments/provider'
import { look, rest, segment } from './client.js'

const PATHS: Record<RecordKind, string> = {
  deposit: '/v2/checkout/orders/',
  refund: '/v2/payments/refunds/',
  payout: '/v1/payments/payouts/',
  dispute: '/v1/customer/disputes/',
}

/**
 * An object of PayPal's as it is, for people to read.
 *
 * @param id of a payout: of its batch
 * @throws ProviderFailure `unknown` or `retry`; PayPal forgets an order within hours that nobody paid
 */
export function rawRecord(kind: RecordKind, id: string): Promise<object> {
  return look<object>(rest('GET', PATHS[kind] + segment(id)))
}
