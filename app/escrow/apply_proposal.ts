import { DateTime } from 'luxon'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { notFound, wrongState } from '#exceptions/problem'
import { addMilestone, changeMilestone, changeProject, removeMilestone } from '#escrow/change_terms'
import { lockMilestones, lockProject } from '#escrow/locks'
import { actorOf, recordActivity } from '#escrow/record_activity'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import type Proposal from '#models/proposal'
import type User from '#models/user'
import type { MilestoneChanges, MilestoneInput } from '#validators/milestone'
import type { ProjectChanges } from '#validators/project'
import type { ProposalInput } from '#validators/proposal'

/** Terms as a proposal keeps them: amounts as decimal strings, moments in ISO 8601. */
export type StoredTerms = Record<string, string>

const MOMENTS = ['deadline', 'due_date']

/** The change that a proposal stands for. */
export interface Change {
  kind: ProposalInput['kind']
  milestoneId: string | null
  terms: StoredTerms
}

export function changeOf(proposal: Proposal): Change {
  return {
    kind: proposal.kind as ProposalInput['kind'],
    milestoneId: proposal.milestoneId,
    terms: proposal.changes,
  }
}

/**
 * Makes the change, with the project locked.
 *
 * @returns the milestone that it was about, if any
 * @throws Problem 404 for a milestone of another project, and what the change throws; see `change_terms.ts`
 */
export async function applyChange(
  trx: TransactionClientContract,
  project: Project,
  { kind, milestoneId, terms }: Change
): Promise<Milestone | null> {
  const changes = fromStored(terms)
  switch (kind) {
    case 'change_project':
      await changeProject(trx, project, changes as ProjectChanges)
      return null
    case 'add_milestone':
      return addMilestone(trx, project, changes as MilestoneInput)
    case 'change_milestone': {
      const milestone = await lockMilestoneOf(trx, project, milestoneId)
      await changeMilestone(trx, project, milestone, changes as MilestoneChanges)
      return milestone
    }
    case 'remove_milestone': {
      const milestone = await lockMilestoneOf(trx, project, milestoneId)
      await removeMilestone(trx, milestone)
      return milestone
    }
  }
}

async function lockMilestoneOf(
  trx: TransactionClientContract,
  project: Project,
  id: string | null
): Promise<Milestone> {
  const [milestone] = await lockMilestones(trx, [id!])
  if (milestone.projectId !== project.id) throw notFound('milestone')
  return milestone
}

/** Locks a project whose deal can change by agreement. @throws Problem 409 `wrong_state` */
export async function lockRunning(
  trx: TransactionClientContract,
  projectId: string
): Promise<Project> {
  const project = await lockProject(trx, projectId)
  if (project.status !== 'active' && project.status !== 'disputed') {
    const why =
      project.status === 'draft'
        ? 'Nobody has accepted this project yet: its client can edit it.'
        : `The project is ${project.status}; it changes no more.`
    throw wrongState(why, project.status)
  }
  return project
}

export function toStored(changes: Record<string, string | DateTime | undefined>): StoredTerms {
  return Object.fromEntries(
    Object.entries(changes).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [[name, DateTime.isDateTime(value) ? value.toUTC().toISO()! : value]]
    )
  )
}

function fromStored(terms: StoredTerms): Record<string, string | DateTime> {
  return Object.fromEntries(
    Object.entries(terms).map(([name, value]) => [
      name,
      MOMENTS.includes(name) ? DateTime.fromISO(value, { zone: 'utc' }) : value,
    ])
  )
}

/** Whether a date that was still to come when it was proposed has passed. */
export function isOutdated(terms: StoredTerms): boolean {
  return MOMENTS.some((name) => terms[name] && DateTime.fromISO(terms[name]) <= DateTime.utc())
}

/** The party that is asked when `userId` proposes. */
export function otherParty(project: Project, userId: string): string {
  return project.clientId === userId ? project.freelancerId! : project.clientId
}

/** Writes the history line of a proposal. */
export async function recordProposal(
  trx: TransactionClientContract,
  proposal: Proposal,
  by: User,
  { action, from }: { action: string; from?: string }
): Promise<void> {
  await recordActivity(trx, {
    projectId: proposal.projectId,
    milestoneId: proposal.milestoneId,
    subject: { type: 'proposal', id: proposal.id },
    actor: actorOf(by),
    action,
    from,
    to: proposal.status,
    details: { kind: proposal.kind, changes: proposal.changes },
  })
}
