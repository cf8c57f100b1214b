import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { unprocessable, wrongState } from '#exceptions/problem'
import { formatMinor } from '#ledger/money'
import type Milestone from '#models/milestone'
import type Project from '#models/project'

/**
 * What the milestones of a project add up to, in minor units. What was removed by agreement is kept
 * for the record and counts no more.
 *
 * @param without a milestone that is about to get another amount
 */
export async function sumOfMilestones(
  trx: TransactionClientContract,
  projectId: string,
  without?: string
): Promise<bigint> {
  const query = trx
    .from('milestones')
    .where('project_id', projectId)
    .whereRaw(`closed_reason IS DISTINCT FROM 'removed'`)
    .select(trx.raw('coalesce(sum(amount), 0)::bigint AS sum'))
  if (without) query.whereNot('id', without)
  const { sum } = await query.firstOrFail()
  return sum
}

/**
 * Refuses what would make milestones add up to more than the project. The project must be locked:
 * that is what keeps two creations at the same moment from slipping past together.
 *
 * @param amount of the new or changed milestone, minor units
 * @param without the milestone that is changed
 * @throws Problem 422 `exceeds_total` on `amount`
 */
export async function assertFits(
  trx: TransactionClientContract,
  project: Project,
  amount: bigint,
  without?: string
): Promise<void> {
  const left = project.totalAmount - (await sumOfMilestones(trx, project.id, without))
  if (amount > left) {
    throw unprocessable(
      'amount',
      'exceeds_total',
      `Milestones may not add up to more than the project's total; ${formatMinor(left, project.currency)} ${project.currency} is left.`
    )
  }
}

/**
 * Refuses a total below what milestones already take. The project must be locked.
 *
 * @param total minor units
 * @throws Problem 422 `below_milestones` on `total_amount`
 */
export async function assertCovers(
  trx: TransactionClientContract,
  project: Project,
  total: bigint
): Promise<void> {
  const sum = await sumOfMilestones(trx, project.id)
  if (total < sum) {
    throw unprocessable(
      'total_amount',
      'below_milestones',
      `The milestones already add up to ${formatMinor(sum, project.currency)} ${project.currency}.`
    )
  }
}

/**
 * Refuses to touch a milestone for which money may be arriving at this moment: it would fund
 * something else than was agreed.
 *
 * @throws Problem 409 `deposit_pending`
 */
export async function assertNoDepositPending(
  trx: TransactionClientContract,
  milestone: Milestone
): Promise<void> {
  const pending = await trx
    .from('deposit_allocations as a')
    .join('transactions as t', 't.id', 'a.transaction_id')
    .where('a.milestone_id', milestone.id)
    .where('a.live', true)
    .where('t.status', 'pending')
    .select('t.id')
    .first()
  if (pending) {
    throw wrongState(
      'A deposit for this milestone is pending. Wait for it, or cancel it first.',
      milestone.status,
      { code: 'deposit_pending', extra: { transaction_id: pending.id } }
    )
  }
}

/** @throws Problem 409 `milestone_closed` */
export function assertNotClosed(milestone: Milestone): void {
  if (milestone.isClosed) {
    throw wrongState(`This milestone is closed (${milestone.closedReason}).`, milestone.status, {
      code: 'milestone_closed',
      extra: { closed_reason: milestone.closedReason },
    })
  }
}
