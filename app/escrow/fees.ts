import type { Money } from '#ledger/money'

export interface PartOfMilestone {
  /** What is released now. */
  amount: Money
  /** What was released of the milestone before, fees included. */
  releasedBefore: Money
  /** The fee that was taken of it. */
  feeTaken: Money
}

/**
 * The platform's fee for releasing a part of a milestone's money.
 *
 * It is computed on everything released so far and rounded down, less what was taken already. So the
 * fee of a milestone is the same in how many parts it is ever released, and what rounding leaves goes
 * to the freelancer.
 *
 * @param bps basis points, as agreed when the project was accepted
 */
export function platformFee(
  { amount, releasedBefore, feeTaken }: PartOfMilestone,
  bps: number
): Money {
  return releasedBefore.add(amount).basisPoints(bps).subtract(feeTaken)
}
