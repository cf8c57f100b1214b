import { Money } from '#ledger/money'

/** What of a deposit a loss can still be taken from. */
export interface Takeable {
  /** In milestone order. */
  escrow: { milestoneId: string; held: Money }[]
  /** Refunds of the deposit that failed: owed to the payer, who has the money from the bank now. */
  owedBack: Money
  /** What was released of the deposit, ever. */
  released: { net: Money; fee: Money }
  /** What earlier losses have taken of that. */
  taken: { net: Money; fee: Money }
}

/** Who bears a lost chargeback. The shares add up to the loss. */
export interface LossShares {
  escrow: { milestoneId: string; amount: Money }[]
  owedBack: Money
  /** What the freelancer has to give back. */
  freelancer: Money
  /** What we give back of our fee. */
  platform: Money
  /** What nobody else bears: above the charge, or refunded before. */
  ours: Money
}

/**
 * Takes a loss from what is held, in milestone order, then from what we owe the payer for the same
 * payment, then from what was released: from the freelancer and from our fee in proportion to what each
 * of them got, never more than that. What is left is ours.
 *
 * Of the released part our share is rounded up, as the fee itself was rounded down: a remainder is always
 * the freelancer's. It is computed on everything taken so far, so that several losses add up to what one
 * would have been.
 */
export function shareLoss(amount: Money, from: Takeable): LossShares {
  let rest = amount
  const take = (available: Money): Money => {
    const part = smaller(rest, available)
    rest = rest.subtract(part)
    return part
  }
  const escrow = from.escrow
    .map(({ milestoneId, held }) => ({ milestoneId, amount: take(held) }))
    .filter((part) => part.amount.isPositive)
  const owedBack = take(from.owedBack)
  const { net, fee } = from.released
  const netLeft = net.subtract(from.taken.net)
  const feeLeft = fee.subtract(from.taken.fee)
  const released = take(netLeft.add(feeLeft))
  const platform = feePart(released, { ...from, netLeft, feeLeft })
  return { escrow, owedBack, freelancer: released.subtract(platform), platform, ours: rest }
}

function feePart(
  released: Money,
  {
    released: { net, fee },
    taken,
    netLeft,
    feeLeft,
  }: Takeable & Record<'netLeft' | 'feeLeft', Money>
): Money {
  if (!released.isPositive) return released
  const whole = net.add(fee).minor
  const takenByNow = taken.net.add(taken.fee).add(released).minor
  const due = (takenByNow * fee.minor + whole - 1n) / whole - taken.fee.minor
  const atLeast = released.minor > netLeft.minor ? released.minor - netLeft.minor : 0n
  const atMost = released.minor < feeLeft.minor ? released.minor : feeLeft.minor
  return Money.of(due < atLeast ? atLeast : due > atMost ? atMost : due, released.currency)
}

export function smaller(a: Money, b: Money): Money {
  return a.compare(b) < 0 ? a : b
}
