import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { notFound, wrongState } from '#exceptions/problem'
import { recordActivity, type Actor } from '#escrow/record_activity'
import type Milestone from '#models/milestone'
import type { MilestoneStatus } from '#models/milestone'

/**
 *                                    approved by the client, or
 *              work handed in        the inspection period ran out
 *   [pending] ---------------> [submitted] ------------------> [approved]
 *      |                         |     ^                          ^  ^
 *      |       client's reasons  |     |  handed in again         |  |
 *      |                         v     |                          |  |
 *      |                       [rejected] ------ early release ---+  |
 *      |                                                             |
 *      +------------------------ early release ----------------------+
 *
 * Whether it is funded and whether it is closed are not states but facts beside them
 * (`funded_at`, `closed_at`): a refunded milestone keeps the status that it had.
 */
export const MILESTONE_TRANSITIONS: Record<MilestoneStatus, readonly MilestoneStatus[]> = {
  pending: ['submitted', 'approved'],
  submitted: ['approved', 'rejected'],
  rejected: ['submitted', 'approved'],
  approved: [],
}

/** Whether the diagram has an arrow between the two. */
export function canBecome(from: MilestoneStatus, to: MilestoneStatus): boolean {
  return MILESTONE_TRANSITIONS[from].includes(to)
}

/**
 * Moves a milestone along one arrow of the diagram and writes the activity row, in the caller's
 * transaction. The row is locked and its status read anew, so a stale `milestone` decides nothing;
 * the model is brought up to date. Lock the project first where the operation needs it too.
 *
 * @throws Problem 409 `wrong_state` with the current status if there is no such arrow
 */
export async function transition(
  trx: TransactionClientContract,
  milestone: Milestone,
  to: MilestoneStatus,
  actor: Actor,
  options: { action?: string; details?: Record<string, unknown> } = {}
): Promise<Milestone> {
  const row = await trx
    .from('milestones')
    .where('id', milestone.id)
    .select('status', 'project_id')
    .forUpdate()
    .first()
  if (!row) throw notFound('milestone')
  const from = row.status as MilestoneStatus
  if (!canBecome(from, to)) {
    throw wrongState(`A milestone that is ${from} cannot become ${to}.`, from)
  }

  await trx
    .from('milestones')
    .where('id', milestone.id)
    .update({ status: to, updated_at: trx.raw('now()') })
  milestone.status = to
  milestone.$hydrateOriginals()
  await recordActivity(trx, {
    projectId: row.project_id,
    milestoneId: milestone.id,
    subject: { type: 'milestone', id: milestone.id },
    actor,
    action: options.action ?? `milestone.${to}`,
    from,
    to,
    details: options.details,
  })
  return milestone
}
