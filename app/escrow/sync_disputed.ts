import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { lockProject } from '#escrow/locks'
import { openBusiness } from '#escrow/open_business'
import { transition } from '#escrow/project_states'
import { SYSTEM, type Actor } from '#escrow/record_activity'
import type Project from '#models/project'

/**
 * A project is disputed while any dispute of it is open, between its parties or of a payment with the
 * payer's bank. Called by whatever opens or closes one, in the same transaction. A project that has ended
 * stays so: nothing of it is held that could be frozen.
 *
 * @param projectId locked here, so call it before milestones are locked or with the project's lock held
 */
export async function syncDisputed(
  trx: TransactionClientContract,
  projectId: string,
  actor: Actor = SYSTEM
): Promise<Project> {
  const project = await lockProject(trx, projectId)
  const { disputes } = await openBusiness(trx, projectId)
  if (disputes > 0 && project.status === 'active') {
    await transition(trx, project, 'disputed', actor)
  } else if (disputes === 0 && project.status === 'disputed') {
    await transition(trx, project, 'active', actor, { action: 'project.dispute_ended' })
  }
  return project
}
