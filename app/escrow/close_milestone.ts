import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { ClosedReason, default as Milestone } from '#models/milestone'
import { transition } from '#escrow/milestone_states'
import { recordActivity, type Actor } from '#escrow/record_activity'

/** Why money is gone; a milestone can also be closed by its removal. */
type MoneyGone = Exclude<ClosedReason, 'removed'>

/**
 * Closes a milestone whose held money has reached zero: its clock stops, and it can never be funded
 * again. It ends up approved if any cent of it was released; else its status stays as it was. What was
 * left of the clock is kept for one that was charged back: it may be open again when that is won.
 *
 * @param options.released whether anything was ever released of it
 */
export async function closeMilestone(
  trx: TransactionClientContract,
  milestone: Milestone,
  reason: MoneyGone,
  actor: Actor,
  options: { released: boolean }
): Promise<void> {
  if (options.released && milestone.status !== 'approved') {
    await transition(trx, milestone, 'approved', actor)
    await approveOpenSubmission(trx, milestone, actor)
  }
  await trx
    .from('milestones')
    .where('id', milestone.id)
    .update({
      closed_at: trx.raw('now()'),
      closed_reason: reason,
      auto_approve_at: null,
      ...(reason !== 'charged_back' && { inspection_left: null }),
      updated_at: trx.raw('now()'),
    })
  milestone.useTransaction(trx)
  await milestone.refresh()
  await recordActivity(trx, {
    projectId: milestone.projectId,
    milestoneId: milestone.id,
    subject: { type: 'milestone', id: milestone.id },
    actor,
    action: 'milestone.closed',
    details: { reason },
  })
}

/** Work that was waiting for its verdict has it now. */
async function approveOpenSubmission(
  trx: TransactionClientContract,
  milestone: Milestone,
  actor: Actor
): Promise<void> {
  await trx
    .from('submissions')
    .where('milestone_id', milestone.id)
    .whereNull('review')
    .update({
      review: 'approved',
      reviewed_by: actor.type === 'user' ? actor.id : null,
      reviewed_at: trx.raw('now()'),
    })
}
