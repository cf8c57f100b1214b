import { validate as isUuid } from 'uuid'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { ModelQueryBuilderContract } from '@adonisjs/lucid/types/model'
import { notFound } from '#exceptions/problem'
import Deliverable from '#models/deliverable'
import Invitation from '#models/invitation'
import Milestone from '#models/milestone'
import Project from '#models/project'
import Proposal from '#models/proposal'
import User from '#models/user'

/**
 * The column of `projects` that says a user is a party. A person is either client or freelancer, so
 * one column decides and one index serves; an `OR` over both would use neither well.
 */
export function partyColumn(user: User): 'client_id' | 'freelancer_id' {
  return user.userType === 'client' ? 'client_id' : 'freelancer_id'
}

/**
 * The projects that a user is a party of. A draft has no freelancer yet, so it is the client's
 * alone; who is invited sees it through the invitation.
 *
 * @param client the transaction to read in, if there is one
 */
export function projectsVisibleTo(
  user: User,
  client?: TransactionClientContract
): ModelQueryBuilderContract<typeof Project> {
  return Project.query({ client }).where(partyColumn(user), user.id)
}

/**
 * The milestones of the projects that a user is a party of. What both sides agreed to remove is kept
 * for the record only.
 */
export function milestonesVisibleTo(
  user: User,
  client?: TransactionClientContract
): ModelQueryBuilderContract<typeof Milestone> {
  return Milestone.query({ client })
    .whereIn('project_id', projectsVisibleTo(user, client).select('id'))
    .whereRaw(`milestones.closed_reason IS DISTINCT FROM 'removed'`)
}

/** @throws Problem 404 if there is no such project among the user's, or the id is no id */
export async function visibleProject(user: User, id: string): Promise<Project> {
  return found(id, 'project', () => projectsVisibleTo(user).where('id', id).first())
}

/**
 * With its `project`, which policies ask about.
 *
 * @throws Problem 404 if there is no such milestone among the user's, or the id is no id
 */
export async function visibleMilestone(user: User, id: string): Promise<Milestone> {
  return found(id, 'milestone', () =>
    milestonesVisibleTo(user).where('id', id).preload('project').first()
  )
}

/**
 * With its `milestone` and that one's `project`, which policies ask about.
 *
 * @throws Problem 404 if there is no such file in the user's projects, or the id is no id
 */
export async function visibleDeliverable(user: User, id: string): Promise<Deliverable> {
  return found(id, 'deliverable', () =>
    Deliverable.query()
      .where('id', id)
      .whereIn('milestone_id', milestonesVisibleTo(user).select('id'))
      .preload('milestone', (milestone) => milestone.preload('project'))
      .first()
  )
}

/** @throws Problem 404 if there is no such proposal in the user's projects, or the id is no id */
export async function visibleProposal(user: User, id: string): Promise<Proposal> {
  return found(id, 'proposal', () =>
    Proposal.query()
      .where('id', id)
      .whereIn('project_id', projectsVisibleTo(user).select('id'))
      .first()
  )
}

/**
 * A person, with `profile`: oneself, the other party of a project, or the client who asks. Nobody
 * else can find out whether an account exists.
 *
 * @throws Problem 404
 */
export async function visibleUser(user: User, id: string): Promise<User> {
  return found(id, 'user', async () => {
    const known = id === user.id || (await shareProject(user, id)) || (await isAskedBy(user, id))
    return known ? User.query().where('id', id).preload('profile').first() : null
  })
}

async function shareProject(user: User, id: string): Promise<boolean> {
  const others = partyColumn(user) === 'client_id' ? 'freelancer_id' : 'client_id'
  return (await projectsVisibleTo(user).where(others, id).select('id').first()) !== null
}

async function isAskedBy(user: User, id: string): Promise<boolean> {
  if (!user.isVerified) return false
  const invitation = await Invitation.query()
    .where('email', user.email)
    .where('status', 'pending')
    .where('invited_by', id)
    .whereRaw('expires_at > now()')
    .first()
  return invitation !== null
}

/**
 * Looks a record up by an id that came from outside. PostgreSQL would call text that is no UUID an
 * error; for the caller it is one more record that does not exist.
 *
 * @param what the record's name in the problem's words
 * @throws Problem 404
 */
export async function found<T>(
  id: string,
  what: string,
  look: () => Promise<T | null>
): Promise<T> {
  const record = isUuid(id) ? await look() : null
  if (!record) throw notFound(what)
  return record
}
