import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { accounts } from '#ledger/chart_of_accounts'
import { balanceOf } from '#ledger/balances'
import type { Money } from '#ledger/money'
import { postEntries, type JournalEntryInput } from '#ledger/post_entries'
import { unprocessable } from '#exceptions/problem'
import type Dispute from '#models/dispute'
import type { SettledHow } from '#models/dispute'
import type Transaction from '#models/transaction'
import { notifyAll } from '#notifications/notify'
import { aboutMilestone } from '#escrow/about'
import { createReleaseTransactions, recordRelease } from '#escrow/book_release'
import { lockDebts } from '#escrow/chargebacks/debts'
import { closeMilestone } from '#escrow/close_milestone'
import { completeIfDone } from '#escrow/complete_project'
import { transition, type LockedDispute } from '#escrow/dispute_states'
import { assertPaymentNotFrozen, depositOf, partOfHeld } from '#escrow/held_money'
import type { BindIntent } from '#escrow/intent'
import type { Actor } from '#escrow/record_activity'
import { entriesOf, shareOut, type Shares } from '#escrow/share_out'
import { createRefund, recordRefundStarted } from '#escrow/start_refund'
import { syncDisputed } from '#escrow/sync_disputed'
import { releaseNews } from '#escrow/tell_of_release'

export interface Settlement extends LockedDispute {
  /** Of what is held, before fee, zero to all of it. The client gets the rest back. */
  toFreelancer: Money
}

export interface SettleDispute extends Settlement {
  actor: Actor
  how: SettledHow
  /** Columns of the dispute that change with it: who of staff decided, and why. */
  changes?: Record<string, unknown>
  /** Bound to the dispute. */
  bind?: BindIntent
}

/** What settling would post. */
export interface SettlementPreview {
  held: Money
  shares: Shares
  /** To the letter, but for the ids of transactions that there are not yet: they are called `new`. */
  entries: JournalEntryInput[]
}

/**
 * Ends a dispute by dividing everything that is held for its milestone, inside the caller's transaction and
 * under its locks (project, milestone, dispute): one entry, escrow → payable, platform fee and
 * refund_in_transit; one job that pays the freelancer out, one that refunds the client.
 *
 * @throws Problem 409 `nothing_held`; 409 `frozen` while the payment is disputed with its payer's bank; 409
 *   `wrong_state` unless the dispute is open; 422 more than is held
 */
export async function settleDispute(
  trx: TransactionClientContract,
  input: SettleDispute
): Promise<Dispute> {
  const { project, milestone, dispute, actor, how } = input
  await assertPaymentNotFrozen(trx, milestone)
  const debt = await lockDebts(trx, project.freelancerId!, milestone.currency)
  const { shares, totals, deposit } = await divide(trx, input, debt)
  const { released, refunded } = shares

  // First: the ledger divides only the money of a dispute that says so.
  await transition(trx, input, 'settled', actor, {
    changes: {
      ...input.changes,
      settled_how: how,
      to_freelancer: released.minor.toString(),
      to_client: refunded.minor.toString(),
    },
    details: { how, to_freelancer: released.toDecimal(), to_client: refunded.toDecimal() },
  })
  const booking = { project, milestone, deposit, shares, kind: 'resolution' as const, actor }
  const release = released.isPositive ? await createReleaseTransactions(trx, booking) : undefined
  const refunding = {
    project,
    deposit,
    milestoneId: milestone.id,
    amount: refunded,
    reason: 'A dispute was settled.',
    actor,
  }
  const refund = refunded.isPositive ? await createRefund(trx, refunding) : undefined
  const ids = { releaseId: release?.release.id, refundId: refund?.id }
  await postEntries(trx, entries(input, deposit, shares, ids))
  if (release) await recordRelease(trx, booking, release)
  if (refund) await recordRefundStarted(trx, refunding, refund)

  await closeMilestone(trx, milestone, 'settled', actor, {
    released: totals.released.add(released).isPositive,
  })
  await input.bind?.(trx, dispute.id)
  await completeIfDone(trx, await syncDisputed(trx, project.id, actor), actor)
  const settled = {
    ...aboutMilestone(project, milestone),
    dispute_id: dispute.id,
    currency: milestone.currency,
    to_freelancer: released.toDecimal(),
    to_client: refunded.toDecimal(),
    how,
  }
  await notifyAll(trx, [
    { userId: project.clientId, kind: 'dispute.settled', data: settled },
    { userId: project.freelancerId!, kind: 'dispute.settled', data: settled },
    ...(release ? releaseNews(booking, release.release.id) : []),
  ])
  return dispute
}

/**
 * Computes what `settleDispute` would post now, by the functions that it posts with. Moves and locks
 * nothing, so a chargeback or a debt that comes between changes it.
 *
 * @throws Problem 409 `nothing_held`; 422 more than is held
 */
export async function previewSettlement(
  trx: TransactionClientContract,
  input: Settlement
): Promise<SettlementPreview> {
  const debtor = accounts.freelancerReceivable(input.project.freelancerId!)
  const debt = await balanceOf(trx, debtor, input.milestone.currency)
  const { shares, totals, deposit } = await divide(trx, input, debt)
  return {
    held: totals.held,
    shares,
    entries: entries(input, deposit, shares, {
      releaseId: shares.released.isPositive ? 'new' : undefined,
      refundId: shares.refunded.isPositive ? 'new' : undefined,
    }),
  }
}

/** Who gets what of everything that is held. */
async function divide(
  trx: TransactionClientContract,
  { project, milestone, toFreelancer }: Settlement,
  debt: Money
) {
  const { amount: held, totals } = await partOfHeld(trx, milestone)
  if (toFreelancer.minor < 0n || toFreelancer.compare(held) > 0) {
    throw unprocessable(
      'amount',
      'held',
      `${held} is held for this milestone; the freelancer can get at most that, not ${toFreelancer}.`
    )
  }
  const shares = shareOut({
    released: toFreelancer,
    refunded: held.subtract(toFreelancer),
    totals,
    bps: project.platformFeeBps!,
    debt,
  })
  return { shares, totals, deposit: await depositOf(trx, milestone) }
}

/** The reference is the dispute's: it is settled once, whatever else goes wrong. */
function entries(
  { project, milestone, dispute }: Settlement,
  deposit: Transaction,
  shares: Shares,
  ids: { releaseId?: string; refundId?: string }
): JournalEntryInput[] {
  return entriesOf('resolution', `resolution:${dispute.id}`, shares, {
    milestoneId: milestone.id,
    depositId: deposit.id,
    freelancerId: project.freelancerId!,
    ...ids,
  })
}
