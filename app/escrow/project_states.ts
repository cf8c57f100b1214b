import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { notFound, wrongState } from '#exceptions/problem'
import { recordActivity, type Actor } from '#escrow/record_activity'
import type Project from '#models/project'
import type { ProjectStatus } from '#models/project'

/**
 *              invitation accepted           everything closed
 *   [draft] ----------------------> [active] -----------------> [completed]
 *      |                             |  ^  |
 *      |          a dispute is open  |  |  |  nothing held, nothing pending
 *      |                             v  |  |
 *      |                        [disputed] |
 *      |                                   v
 *      +-----------------------------> [cancelled]
 *
 * A chargeback that was lost and is won after all brings money back to a project that may have ended
 * meanwhile: then it is active again.
 */
export const PROJECT_TRANSITIONS: Record<ProjectStatus, readonly ProjectStatus[]> = {
  draft: ['active', 'cancelled'],
  active: ['completed', 'cancelled', 'disputed'],
  disputed: ['active'],
  completed: ['active'],
  cancelled: ['active'],
}

/** Whether the diagram has an arrow between the two. */
export function canBecome(from: ProjectStatus, to: ProjectStatus): boolean {
  return PROJECT_TRANSITIONS[from].includes(to)
}

/**
 * Moves a project along one arrow of the diagram and writes the activity row, in the caller's
 * transaction. The row is locked and its status read anew, so a stale `project` decides nothing; the
 * model is brought up to date.
 *
 * @throws Problem 409 `wrong_state` with the current status if there is no such arrow
 */
export async function transition(
  trx: TransactionClientContract,
  project: Project,
  to: ProjectStatus,
  actor: Actor,
  options: { action?: string; details?: Record<string, unknown> } = {}
): Promise<Project> {
  const row = await trx
    .from('projects')
    .where('id', project.id)
    .select('status')
    .forUpdate()
    .first()
  if (!row) throw notFound('project')
  const from = row.status as ProjectStatus
  if (!canBecome(from, to)) {
    throw wrongState(`A project that is ${from} cannot become ${to}.`, from)
  }

  await trx
    .from('projects')
    .where('id', project.id)
    .update({ status: to, updated_at: trx.raw('now()') })
  project.status = to
  project.$hydrateOriginals()
  await recordActivity(trx, {
    projectId: project.id,
    subject: { type: 'project', id: project.id },
    actor,
    action: options.action ?? `project.${to}`,
    from,
    to,
    details: options.details,
  })
  return project
}
