import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { DateTime } from 'luxon'
import { unprocessable, wrongState } from '#exceptions/problem'
import { assertNotFrozen, depositOf } from '#escrow/held_money'
import {
  assertCovers,
  assertFits,
  assertNoDepositPending,
  assertNotClosed,
} from '#escrow/milestone_rules'
import Deposit from '#models/deposit'
import Milestone from '#models/milestone'
import type Project from '#models/project'
import { toMoney } from '#validators/money'
import type { MilestoneChanges, MilestoneInput } from '#validators/milestone'
import type { ProjectChanges } from '#validators/project'

/**
 * What a deal says may change in two ways: the client edits the draft, or one side accepts the other
 * side's proposal. Both come here, so the rules about the change itself exist once. Each function
 * wants the project locked and writes nothing when it throws.
 */

/**
 * Project terms. The currency of a project whose milestones are already in it stays.
 *
 * @throws Problem 422 `below_milestones`, or an amount out of range
 */
export async function changeProject(
  trx: TransactionClientContract,
  project: Project,
  changes: Omit<ProjectChanges, 'currency'>
): Promise<void> {
  if (changes.total_amount !== undefined) {
    const total = toMoney('total_amount', changes.total_amount, project.currency)
    await assertCovers(trx, project, total.minor)
    project.totalAmount = total.minor
  }
  project.merge({
    ...(changes.title !== undefined && { title: changes.title }),
    ...(changes.description !== undefined && { description: changes.description }),
    ...(changes.deadline !== undefined && { deadline: changes.deadline }),
  })
  await project.useTransaction(trx).save()
}

/**
 * A new milestone in the project's currency.
 *
 * @throws Problem 422 `exceeds_total`, or an amount out of range
 */
export async function addMilestone(
  trx: TransactionClientContract,
  project: Project,
  input: MilestoneInput
): Promise<Milestone> {
  const amount = toMoney('amount', input.amount, project.currency)
  await assertFits(trx, project, amount.minor)
  return Milestone.create(
    {
      projectId: project.id,
      title: input.title,
      description: input.description,
      amount: amount.minor,
      currency: project.currency,
      dueDate: input.due_date,
      status: 'pending',
      fundedAt: null,
      autoApproveAt: null,
      remindersSent: [],
      closedAt: null,
      closedReason: null,
    },
    { client: trx }
  )
}

/**
 * Terms of a milestone. The amount of a funded one never changes: the money for it is held; who
 * wants to pay more adds a milestone.
 *
 * @throws Problem 409 `milestone_closed`, `frozen`, `deposit_pending`, `milestone_funded`;
 *   422 `exceeds_total`, an amount out of range, a date beyond what the rail holds the money for
 */
export async function changeMilestone(
  trx: TransactionClientContract,
  project: Project,
  milestone: Milestone,
  changes: MilestoneChanges
): Promise<void> {
  await assertChangeable(trx, milestone)
  if (changes.amount !== undefined) {
    const amount = toMoney('amount', changes.amount, project.currency)
    if (milestone.isFunded && amount.minor !== milestone.amount) throw funded(milestone)
    await assertFits(trx, project, amount.minor, milestone.id)
    milestone.amount = amount.minor
  }
  if (changes.due_date !== undefined) await assertHeldUntil(trx, milestone, changes.due_date)
  milestone.merge({
    ...(changes.title !== undefined && { title: changes.title }),
    ...(changes.description !== undefined && { description: changes.description }),
    ...(changes.due_date !== undefined && { dueDate: changes.due_date }),
  })
  await milestone.useTransaction(trx).save()
}

/**
 * Takes a milestone out of the deal. Its row stays, closed: what was agreed, and any payment that was
 * tried for it, must be found later.
 *
 * @throws Problem 409 `milestone_closed`, `frozen`, `deposit_pending`, `milestone_funded`
 */
export async function removeMilestone(
  trx: TransactionClientContract,
  milestone: Milestone
): Promise<void> {
  await assertChangeable(trx, milestone)
  if (milestone.isFunded) throw funded(milestone)
  await trx
    .from('milestones')
    .where('id', milestone.id)
    .update({
      closed_at: trx.raw('now()'),
      closed_reason: 'removed',
      updated_at: trx.raw('now()'),
    })
  await milestone.useTransaction(trx).refresh()
}

/** Work may not be due after the rail stops holding, or refunding, the money for it. */
async function assertHeldUntil(
  trx: TransactionClientContract,
  milestone: Milestone,
  dueDate: DateTime
): Promise<void> {
  if (!milestone.isFunded) return
  const deposit = await depositOf(trx, milestone)
  const limits = await Deposit.query({ client: trx })
    .where('transaction_id', deposit.id)
    .firstOrFail()
  const until = [limits.refundableUntil, limits.holdUntil].filter((limit) => limit !== null)
  if (until.every((limit) => dueDate <= limit)) return
  throw unprocessable(
    'due_date',
    'hold_limit',
    'The payment provider does not hold the money for it that long. Choose an earlier date.'
  )
}

async function assertChangeable(trx: TransactionClientContract, milestone: Milestone) {
  assertNotClosed(milestone)
  await assertNotFrozen(trx, milestone)
  await assertNoDepositPending(trx, milestone)
}

function funded(milestone: Milestone) {
  return wrongState(
    'Money is held for this milestone, so its amount stays. Add a milestone instead.',
    milestone.status,
    { code: 'milestone_funded' }
  )
}
