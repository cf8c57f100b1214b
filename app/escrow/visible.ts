import { validate as isUuid } from 'uuid'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { ModelQueryBuilderContract } from '@adonisjs/lucid/types/model'
import { notFound } from '#exceptions/problem'
import Milestone from '#models/milestone'
import Project from '#models/project'
import type User from '#models/user'

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

/** The milestones of the projects that a user is a party of. */
export function milestonesVisibleTo(
  user: User,
  client?: TransactionClientContract
): ModelQueryBuilderContract<typeof Milestone> {
  return Milestone.query({ client }).whereIn(
    'project_id',
    projectsVisibleTo(user, client).select('id')
  )
}

/** @throws Problem 404 if there is no such project among the user's, or the id is no id */
export async function visibleProject(user: User, id: string): Promise<Project> {
  return found(id, 'project', () => projectsVisibleTo(user).where('id', id).first())
}

/** @throws Problem 404 if there is no such milestone among the user's, or the id is no id */
export async function visibleMilestone(user: User, id: string): Promise<Milestone> {
  return found(id, 'milestone', () => milestonesVisibleTo(user).where('id', id).first())
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
