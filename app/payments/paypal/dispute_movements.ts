import { Money } from '#ledger/money'
import type { DisputeMovement } from '#payments/provider'

/** What a movement that a dispute caused is: of the disputed money, or of PayPal's fee for it. */
export type DisputePart = DisputeMovement['kind'] | 'fee_taken' | 'fee_returned'

/**
 * The name of a movement that a dispute caused. PayPal gives it none: a dispute lists its movements without
 * ids, Transaction Search lists them under ids that the dispute does not know. Both know the payment, the
 * day, and how much went which way; so that is the name, in either place.
 *
 * Two movements that are alike in all of this would have one name; a dispute counts the second of them up,
 * and reconciliation shows what it then cannot match.
 */
export function disputeMovementId(
  captureId: string,
  part: DisputePart,
  amount: Money,
  at: Date
): string {
  return [captureId, part, at.toISOString().slice(0, 10), amount.toDecimal()].join('/')
}

/** Without its sign. */
export function absolute({ minor, currency }: Money): Money {
  return Money.of(minor < 0n ? -minor : minor, currency)
}
