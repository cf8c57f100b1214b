import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { Money } from '#ledger/money'
import { postEntries } from '#ledger/post_entries'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import type Release from '#models/release'
import type { ReleaseKind } from '#models/release'
import { notifyAll } from '#notifications/notify'
import { aboutMilestone } from '#escrow/about'
import { createReleaseTransactions, recordRelease } from '#escrow/book_release'
import { lockDebts } from '#escrow/chargebacks/debts'
import { closeMilestone } from '#escrow/close_milestone'
import { completeIfDone } from '#escrow/complete_project'
import { assertNotStopped, depositOf, partOfHeld } from '#escrow/held_money'
import type { BindIntent } from '#escrow/intent'
import type { Actor } from '#escrow/record_activity'
import { entriesOf, shareOut } from '#escrow/share_out'
import { releaseNews } from '#escrow/tell_of_release'

export interface ReleaseHeld {
  project: Project
  milestone: Milestone
  /** Part of what is held, decimal in the milestone's currency; without it, everything. */
  amount?: string
  kind: Exclude<ReleaseKind, 'resolution'>
  actor: Actor
  bind?: BindIntent
}

/**
 * Releases held money of one milestone to its freelancer, inside the caller's transaction and under
 * its locks: escrow → payable and platform fee, and one job that pays out. What the freelancer owes us is
 * set off at once; the payout is for the rest, and there is none if nothing is left.
 *
 * @returns the release; the milestone is closed if nothing is held any more
 * @throws Problem 409 `nothing_held`, `frozen`, `refund_pending`; 422 more than is held
 */
export async function releaseHeld(
  trx: TransactionClientContract,
  input: ReleaseHeld
): Promise<Release> {
  const { project, milestone, kind, actor } = input
  await assertNotStopped(trx, milestone)
  const { amount, totals } = await partOfHeld(trx, milestone, input.amount)
  const deposit = await depositOf(trx, milestone)
  const shares = shareOut({
    released: amount,
    refunded: Money.zero(amount.currency),
    totals,
    bps: project.platformFeeBps!,
    debt: await lockDebts(trx, project.freelancerId!, amount.currency),
  })
  const booking = { project, milestone, deposit, shares, kind, actor }
  const transactions = await createReleaseTransactions(trx, booking)
  const { id } = transactions.release
  await postEntries(
    trx,
    entriesOf('release', `release:${id}`, shares, {
      milestoneId: milestone.id,
      depositId: deposit.id,
      freelancerId: project.freelancerId!,
      releaseId: id,
    })
  )
  const row = await recordRelease(trx, booking, transactions)
  await input.bind?.(trx, row.id)
  if (amount.equals(totals.held)) {
    await closeMilestone(trx, milestone, 'released', actor, { released: true })
    await completeIfDone(trx, project, actor)
  }
  await notifyAll(trx, [
    ...releaseNews(booking, id),
    ...(kind === 'inspection_elapsed'
      ? [
          {
            userId: project.clientId,
            kind: 'milestone.approved' as const,
            data: { ...aboutMilestone(project, milestone), automatic: true },
          },
        ]
      : []),
  ])
  return row
}
