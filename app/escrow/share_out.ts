import { accounts } from '#ledger/chart_of_accounts'
import type { EscrowTotals } from '#ledger/balances'
import type { Money } from '#ledger/money'
import { credit, debit, type JournalEntryInput } from '#ledger/post_entries'
import { smaller } from '#escrow/chargebacks/loss_shares'
import { offsetOfRelease } from '#escrow/chargebacks/offset_debt'
import { platformFee } from '#escrow/fees'

/** Who gets what of money that leaves a milestone's escrow. */
export interface Shares {
  /** The freelancer's part, before fee: `fee` + `net`. */
  released: Money
  fee: Money
  net: Money
  /** Of the net, set off against what the freelancer owes us. */
  offset: Money
  /** Of the net, paid out. */
  payout: Money
  /** The client's part. No fee is taken of it. */
  refunded: Money
}

/**
 * Divides money that leaves escrow. Decides nothing and writes nothing: what a release or a settlement
 * posts, and what people are shown before it, are both computed here.
 *
 * @param parts.released to the freelancer, before fee
 * @param parts.refunded to the client
 * @param parts.totals what came and went of the milestone before: the fee is computed on all of it
 * @param parts.bps the fee as agreed when the project was accepted
 * @param parts.debt what the freelancer owes us
 */
export function shareOut(parts: {
  released: Money
  refunded: Money
  totals: EscrowTotals
  bps: number
  debt: Money
}): Shares {
  const { released, refunded, totals, bps, debt } = parts
  const fee = platformFee(
    { amount: released, releasedBefore: totals.released, feeTaken: totals.platformFee },
    bps
  )
  const net = released.subtract(fee)
  const offset = smaller(debt, net)
  return { released, fee, net, offset, payout: net.subtract(offset), refunded }
}

/** Whose accounts money goes to, and what the entries belong to. */
export interface Destinations {
  milestoneId: string
  depositId: string
  freelancerId: string
  /** The transactions that stand for the two parts; of a part that is nothing there is none. */
  releaseId?: string
  refundId?: string
}

/**
 * The entries by which shares leave escrow: one for all of them, and one for what is set off against a debt
 * at the same moment.
 *
 * @param kind a release has no client's part
 */
export function entriesOf(
  kind: 'release' | 'resolution',
  reference: string,
  { released, fee, net, offset, refunded }: Shares,
  to: Destinations
): JournalEntryInput[] {
  const { milestoneId, depositId, freelancerId, releaseId, refundId } = to
  const about = { milestoneId, depositId, transactionId: releaseId ?? refundId }
  return [
    {
      reference,
      kind,
      ...about,
      postings: [
        debit(accounts.escrow(milestoneId), released.add(refunded)),
        ...(net.isPositive ? [credit(accounts.payable(freelancerId), net)] : []),
        ...(fee.isPositive ? [credit(accounts.platformFee(), fee)] : []),
        ...(refunded.isPositive ? [credit(accounts.refundInTransit(refundId!), refunded)] : []),
      ],
    },
    ...(offset.isPositive
      ? [offsetOfRelease(freelancerId, { ...about, transactionId: releaseId! }, offset)]
      : []),
  ]
}
