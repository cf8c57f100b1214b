import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { wrongState } from '#exceptions/problem'
import { aboutProject } from '#escrow/about'
import { lockProject } from '#escrow/locks'
import { sumOfMilestones } from '#escrow/milestone_rules'
import { openBusiness, type OpenBusiness } from '#escrow/open_business'
import { transition } from '#escrow/project_states'
import { actorOf, type Actor } from '#escrow/record_activity'
import { inTransaction } from '#database/transaction'
import { notifyAll } from '#notifications/notify'
import type Project from '#models/project'
import type User from '#models/user'

/**
 * Completes a project whose milestones add up to its total, once the last of them is closed and no
 * refund is on its way. Called at the end of whatever closes a milestone or settles a refund.
 *
 * @param project locked by the caller
 * @returns whether it is completed now
 */
export async function completeIfDone(
  trx: TransactionClientContract,
  project: Project,
  actor: Actor
): Promise<boolean> {
  if (project.status !== 'active') return false
  if (obstacle(await openBusiness(trx, project.id))) return false
  if ((await sumOfMilestones(trx, project.id)) !== project.totalAmount) return false
  await complete(trx, project, actor)
  return true
}

/**
 * Completes a project on the client's word although its milestones do not add up to the total: the
 * rest is not going to come.
 *
 * @throws Problem 409 `not_finished` with what is open; 409 `wrong_state` unless it is active
 */
export async function completeProject(projectId: string, { by }: { by: User }): Promise<Project> {
  return inTransaction(async (trx) => {
    const project = await lockProject(trx, projectId)
    if (project.status === 'active') {
      const reason = obstacle(await openBusiness(trx, project.id))
      if (reason) throw wrongState(reason, project.status, { code: 'not_finished' })
    }
    await complete(trx, project, actorOf(by))
    return project
  })
}

function obstacle({ closed, unclosed, pending, disputes }: OpenBusiness): string | undefined {
  if (disputes > 0) return 'A dispute is open.'
  if (unclosed > 0) return `${unclosed} of its milestones are not closed yet.`
  if (closed === 0) return 'It has no milestone that was ever paid; cancel it instead.'
  if (pending.includes('refund')) return 'A refund is on its way.'
  return undefined
}

async function complete(trx: TransactionClientContract, project: Project, actor: Actor) {
  await transition(trx, project, 'completed', actor)
  await notifyAll(
    trx,
    [project.clientId, project.freelancerId!].map((userId) => ({
      userId,
      kind: 'project.completed' as const,
      data: aboutProject(project),
    }))
  )
}
