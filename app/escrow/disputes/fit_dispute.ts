import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { withdrawUnneeded } from '#approvals/withdraw_unneeded'
import { transition } from '#escrow/dispute_states'
import { disputeDecision } from '#escrow/disputes/dispute_decision'
import { aboutDispute } from '#escrow/disputes/in_dispute'
import { lapseEqualSplit } from '#escrow/disputes/lapse_equal_split'
import { OPEN_DISPUTE } from '#escrow/held_money'
import { PROVIDER, recordActivity } from '#escrow/record_activity'
import type { Money } from '#ledger/money'
import Dispute, { type EndedBecause } from '#models/dispute'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import { notifyAll } from '#notifications/notify'

/**
 * Brings the dispute over a milestone, if one is open, in line with what is held after something else than the
 * dispute has changed that. A choice to halve another amount lapses. When nothing is held there is nothing to
 * argue about: the dispute ends, and with it what staff have proposed and the refund request that it took in.
 * Both sides are told.
 *
 * @param why where the money went
 */
export async function fitDispute(
  trx: TransactionClientContract,
  { project, milestone }: { project: Project; milestone: Milestone },
  held: Money,
  why: EndedBecause
): Promise<void> {
  const dispute = await Dispute.query({ client: trx })
    .where('milestone_id', milestone.id)
    .whereIn('status', OPEN_DISPUTE)
    .forUpdate()
    .first()
  if (!dispute) return
  const locked = { project, milestone, dispute }
  if (held.isPositive) return lapseEqualSplit(trx, locked, held)
  await transition(trx, locked, 'withdrawn', PROVIDER, {
    changes: { ended_because: why },
    details: { reason: why },
  })
  await withdrawUnneeded(
    trx,
    disputeDecision,
    dispute.id,
    'Nothing is held for the milestone any more, so the dispute is over.'
  )
  await withdrawRequestOf(trx, milestone, dispute, why)
  const data = { ...aboutDispute(locked), because: why }
  await notifyAll(trx, [
    { userId: dispute.openedBy, kind: 'dispute.ended', data },
    { userId: dispute.respondentId, kind: 'dispute.ended', data },
  ])
}

async function withdrawRequestOf(
  trx: TransactionClientContract,
  milestone: Milestone,
  dispute: Dispute,
  reason: EndedBecause
): Promise<void> {
  const rows = await trx
    .from('refund_requests')
    .where('dispute_id', dispute.id)
    .where('status', 'escalated')
    .update({ status: 'withdrawn', decided_at: trx.raw('now()') })
    .returning('id')
  for (const { id } of rows) {
    await recordActivity(trx, {
      projectId: milestone.projectId,
      milestoneId: milestone.id,
      subject: { type: 'refund_request', id },
      actor: PROVIDER,
      action: 'refund.withdrawn',
      from: 'escalated',
      to: 'withdrawn',
      details: { reason },
    })
  }
}
