/**
 * What can be wrong between a provider's record of our balance and our clearing account. One movement has
 * one break at most: the first of these that fits, in the order of `match.ts`. A movement is what the
 * provider lists under one source, such as a charge, against what we posted for it.
 */
export const BREAK_KINDS = [
  /** The provider moved our balance, in a way that we have entries for, and we posted nothing for it. */
  'missing_in_ledger',
  /** We posted a movement that the provider does not list, although its lag is over. */
  'missing_at_provider',
  /** Both have the movement, in different amounts. */
  'amount',
  /** Both have the movement, in different currencies. */
  'currency',
  /** Both have the movement and its amount, but what the provider took of it is not the fee we posted. */
  'fee',
  /**
   * Both know the movement, but one of them says that it did not happen: our transaction is not completed
   * although the provider moved the money, or the provider calls failed what we posted.
   */
  'status',
  /** A movement that can happen once is there more often, at the provider or in the ledger. */
  'duplicate',
  /**
   * Money is on its way for longer than `in_transit_days`: a payout or refund that we sent, or a movement
   * that the provider still calls pending so long after it should have been available.
   */
  'aged_in_transit',
  /**
   * Money moved that no account of ours is for: of a kind that we have no entries for, in a currency that
   * clearing does not have, without anything that it came from, or posted to a clearing account of no rail.
   */
  'unknown_account',
  /**
   * The provider moved money in a currency that we cannot count in. Its amount is text, as the provider
   * writes it, and no sum has it: difference and amount are zero. It always stops payouts.
   */
  'foreign_currency',
  /**
   * What is left when everything else is explained: a movement whose amount less its fee is not what the
   * balance moved by, sums that the movements do not add up to, or a balance that its movements do not.
   */
  'unexplained_remainder',
] as const
export type BreakKind = (typeof BREAK_KINDS)[number]
