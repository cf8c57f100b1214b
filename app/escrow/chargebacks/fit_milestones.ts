import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { escrowTotals } from '#ledger/balances'
import type { Money } from '#ledger/money'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import { closeMilestone } from '#escrow/close_milestone'
import { fitDispute } from '#escrow/disputes/fit_dispute'
import { transition } from '#escrow/project_states'
import { PROVIDER, recordActivity } from '#escrow/record_activity'
import type { LockedDeposit } from '#escrow/chargebacks/freeze'

/**
 * Brings milestones in line with what they hold after a chargeback took some of it or gave it back: one
 * that holds nothing is closed, one that holds something again is open again, and so is its project.
 * Requests for money that is not there any more are over.
 */
export async function fitMilestones({ trx, project, milestones }: LockedDeposit): Promise<void> {
  const totals = await escrowTotals(
    trx,
    milestones.map(({ id }) => id)
  )
  for (const { milestoneId, held, released } of totals) {
    const milestone = milestones.find(({ id }) => id === milestoneId)!
    await withdrawRequests(trx, milestone, held)
    await fitDispute(trx, { project, milestone }, held, 'charged_back')
    if (held.isZero && !milestone.isClosed) {
      await closeMilestone(trx, milestone, 'charged_back', PROVIDER, {
        released: released.isPositive,
      })
    }
    if (held.isPositive && milestone.isClosed) await reopen(trx, project, milestone)
  }
}

/** A refund request that asks for more than is held cannot be answered any more. */
async function withdrawRequests(
  trx: TransactionClientContract,
  milestone: Milestone,
  held: Money
): Promise<void> {
  const rows = await trx
    .from('refund_requests')
    .where('milestone_id', milestone.id)
    .where('status', 'requested')
    .where('amount', '>', held.minor.toString())
    .update({ status: 'withdrawn', decided_at: trx.raw('now()') })
    .returning('id')
  for (const { id } of rows) {
    await recordActivity(trx, {
      projectId: milestone.projectId,
      milestoneId: milestone.id,
      subject: { type: 'refund_request', id },
      actor: PROVIDER,
      action: 'refund.withdrawn',
      from: 'requested',
      to: 'withdrawn',
      details: { reason: 'charged_back' },
    })
  }
}

/** Its status stays: what was approved is still approved, and its money can be released. */
async function reopen(
  trx: TransactionClientContract,
  project: Project,
  milestone: Milestone
): Promise<void> {
  await trx
    .from('milestones')
    .where('id', milestone.id)
    .update({ closed_at: null, closed_reason: null, updated_at: trx.raw('now()') })
  milestone.useTransaction(trx)
  await milestone.refresh()
  await recordActivity(trx, {
    projectId: milestone.projectId,
    milestoneId: milestone.id,
    subject: { type: 'milestone', id: milestone.id },
    actor: PROVIDER,
    action: 'milestone.reopened',
  })
  if (project.status === 'completed' || project.status === 'cancelled') {
    await transition(trx, project, 'active', PROVIDER, { action: 'project.reopened' })
  }
}
