import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { notFound, wrongState } from '#exceptions/problem'
import { lockMilestone } from '#escrow/locks'
import { recordActivity, type Actor } from '#escrow/record_activity'
import Dispute, { type DisputeStatus } from '#models/dispute'
import type Milestone from '#models/milestone'
import type Project from '#models/project'

/**
 *           first answer            asked for, or            staff
 *                                   time is over             propose
 *   [open] --------------> [negotiating] ---------> [escalated] <-----> [decided]
 *     |                         |                        |   a second      |
 *     | no answer in time,      | offer accepted,        |   person        | agreed,
 *     | offer accepted,         | equal split            |   refuses       | or no second
 *     | equal split             |                        |                 | person needed
 *     |                         |        offer accepted, |                 |
 *     |                         |        equal split     |                 |
 *     +-------------------------+------------------------+-----------------+---> [settled]
 *     |                         |                        |
 *     +-------------------------+------------------------+---> [withdrawn]
 *                          by who opened it
 *
 * An open one becomes escalated when its respondent is suspended until the end of the time for an answer. A
 * refund request that nobody answers begins as escalated. Each of the first four becomes withdrawn, too,
 * when the payer's bank takes all that is held: nothing is left to disagree about.
 */
export const DISPUTE_TRANSITIONS: Record<DisputeStatus, readonly DisputeStatus[]> = {
  open: ['negotiating', 'escalated', 'settled', 'withdrawn'],
  negotiating: ['escalated', 'settled', 'withdrawn'],
  escalated: ['decided', 'settled', 'withdrawn'],
  decided: ['settled', 'escalated', 'withdrawn'],
  settled: [],
  withdrawn: [],
}

/** Whether the diagram has an arrow between the two. */
export function canBecome(from: DisputeStatus, to: DisputeStatus): boolean {
  return DISPUTE_TRANSITIONS[from].includes(to)
}

/** A dispute with what it is about, all locked. */
export interface LockedDispute {
  project: Project
  milestone: Milestone
  dispute: Dispute
}

/** Locks a dispute and, before it, its project and its milestone. @throws Problem 404 */
export async function lockDispute(
  trx: TransactionClientContract,
  id: string
): Promise<LockedDispute> {
  const found = await Dispute.query({ client: trx }).where('id', id).select('milestone_id').first()
  if (!found) throw notFound('dispute')
  const { project, milestone } = await lockMilestone(trx, found.milestoneId)
  const dispute = await Dispute.query({ client: trx }).where('id', id).forUpdate().firstOrFail()
  dispute.$setRelated('milestone', milestone)
  return { project, milestone, dispute }
}

/**
 * Moves a dispute along one arrow of the diagram, with what else changes, and writes the activity row, in
 * the caller's transaction. Needs the locks of `lockDispute`. The model is brought up to date; its version
 * has grown.
 *
 * @param options.changes columns of `disputes` that change with the state
 * @throws Problem 409 `wrong_state` with the current status if there is no such arrow
 */
export async function transition(
  trx: TransactionClientContract,
  { project, milestone, dispute }: LockedDispute,
  to: DisputeStatus,
  actor: Actor,
  options: {
    action?: string
    changes?: Record<string, unknown>
    details?: Record<string, unknown>
  } = {}
): Promise<Dispute> {
  const row = await trx
    .from('disputes')
    .where('id', dispute.id)
    .select('status')
    .forUpdate()
    .first()
  if (!row) throw notFound('dispute')
  const from = row.status as DisputeStatus
  if (!canBecome(from, to)) {
    throw wrongState(`A dispute that is ${from} cannot become ${to}.`, from)
  }
  const ends = to === 'settled' || to === 'withdrawn'
  await trx
    .from('disputes')
    .where('id', dispute.id)
    .update({
      ...options.changes,
      ...(ends && { closed_at: trx.raw('now()') }),
      status: to,
    })
  // What was offered and not taken is no offer any more; staff's decision ends it as well.
  if (ends || to === 'decided') {
    await trx
      .from('dispute_offers')
      .where('dispute_id', dispute.id)
      .where('status', 'open')
      .update({ status: 'expired', closed_at: trx.raw('now()') })
  }
  await dispute.refresh()
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: milestone.id,
    subject: { type: 'dispute', id: dispute.id },
    actor,
    action: options.action ?? `dispute.${to}`,
    from,
    to,
    details: options.details,
  })
  return dispute
}
