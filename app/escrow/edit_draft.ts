import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { unprocessable, wrongState } from '#exceptions/problem'
import { addMilestone, changeMilestone, changeProject } from '#escrow/change_terms'
import { lockMilestone, lockProject } from '#escrow/locks'
import { sumOfMilestones } from '#escrow/milestone_rules'
import { actorOf, recordActivity } from '#escrow/record_activity'
import { inTransaction } from '#database/transaction'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import type User from '#models/user'
import { toMoney } from '#validators/money'
import type { MilestoneChanges, MilestoneInput } from '#validators/milestone'
import type { ProjectChanges } from '#validators/project'

/**
 * While nobody has accepted, the client writes the deal alone. Every function here refuses an
 * accepted project with 409 `proposal_required`, and an ended one with 409 `wrong_state`.
 */

export interface Draft {
  by: User
}

/**
 * Edits a draft.
 *
 * @throws Problem 409 as above; 422 a total below the milestones, another currency than theirs
 */
export async function editDraft(
  projectId: string,
  { by, changes }: Draft & { changes: ProjectChanges }
): Promise<Project> {
  return inTransaction(async (trx) => {
    const project = await lockDraft(trx, projectId)
    if (changes.currency !== undefined && changes.currency !== project.currency) {
      await changeCurrency(trx, project, changes)
    }
    await changeProject(trx, project, changes)
    await recordEdit(trx, project, by, 'project.edited')
    return project
  })
}

/**
 * Adds a milestone to a draft.
 *
 * @throws Problem 409 as above; 422 `exceeds_total`
 */
export async function addDraftMilestone(
  projectId: string,
  { by, milestone: input }: Draft & { milestone: MilestoneInput }
): Promise<Milestone> {
  return inTransaction(async (trx) => {
    const project = await lockDraft(trx, projectId)
    const milestone = await addMilestone(trx, project, input)
    await recordEdit(trx, project, by, 'milestone.added', milestone.id)
    return milestone
  })
}

/** Edits a milestone of a draft. @throws Problem 409 as above; 422 `exceeds_total` */
export async function editDraftMilestone(
  milestoneId: string,
  { by, changes }: Draft & { changes: MilestoneChanges }
): Promise<Milestone> {
  return inTransaction(async (trx) => {
    const { project, milestone } = await lockMilestone(trx, milestoneId)
    assertDraft(project)
    await changeMilestone(trx, project, milestone, changes)
    await recordEdit(trx, project, by, 'milestone.edited', milestone.id)
    return milestone
  })
}

/** Deletes a milestone of a draft. @throws Problem 409 as above */
export async function deleteDraftMilestone(milestoneId: string, { by }: Draft): Promise<void> {
  await inTransaction(async (trx) => {
    const { project, milestone } = await lockMilestone(trx, milestoneId)
    assertDraft(project)
    await milestone.useTransaction(trx).delete()
    await recordEdit(trx, project, by, 'milestone.deleted', milestone.id)
  })
}

/**
 * Deletes a draft with its milestones, invitations and history. What was ever accepted stays.
 *
 * @throws Problem 409 `wrong_state`
 */
export async function deleteDraft(projectId: string): Promise<void> {
  await inTransaction(async (trx) => {
    const project = await lockProject(trx, projectId)
    if (project.status !== 'draft') {
      throw wrongState(
        'Only a draft can be deleted; this project can be cancelled.',
        project.status
      )
    }
    await project.useTransaction(trx).delete()
  })
}

async function lockDraft(trx: TransactionClientContract, projectId: string): Promise<Project> {
  const project = await lockProject(trx, projectId)
  assertDraft(project)
  return project
}

function assertDraft(project: Project): void {
  if (project.status === 'draft') return
  if (project.status === 'active' || project.status === 'disputed') {
    throw wrongState(
      'Both sides agreed to this. Propose the change; it counts once the other side accepts.',
      project.status,
      { code: 'proposal_required' }
    )
  }
  throw wrongState(`The project is ${project.status}; it changes no more.`, project.status)
}

/** The same digits are another amount in another currency, so the total must come along. */
async function changeCurrency(
  trx: TransactionClientContract,
  project: Project,
  { currency, total_amount: total }: ProjectChanges
): Promise<void> {
  if ((await sumOfMilestones(trx, project.id)) > 0n) {
    throw unprocessable(
      'currency',
      'has_milestones',
      `Milestones are in ${project.currency}; delete them to change the currency.`
    )
  }
  if (total === undefined) {
    throw unprocessable('total_amount', 'required', 'A new currency needs a new total_amount.')
  }
  project.currency = currency!
  project.totalAmount = toMoney('total_amount', total, currency!).minor
}

async function recordEdit(
  trx: TransactionClientContract,
  project: Project,
  by: User,
  action: string,
  milestoneId?: string
): Promise<void> {
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId,
    subject: milestoneId
      ? { type: 'milestone', id: milestoneId }
      : { type: 'project', id: project.id },
    actor: actorOf(by),
    action,
  })
}
