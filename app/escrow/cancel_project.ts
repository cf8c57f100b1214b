import { wrongState } from '#exceptions/problem'
import { aboutProject } from '#escrow/about'
import { lockProject } from '#escrow/locks'
import { openBusiness } from '#escrow/open_business'
import { transition } from '#escrow/project_states'
import { actorOf } from '#escrow/record_activity'
import { withdrawInvitations } from '#escrow/withdraw_invitations'
import { inTransaction } from '#database/transaction'
import { notifyAll } from '#notifications/notify'
import type Project from '#models/project'
import type User from '#models/user'

/**
 * Ends a project that did not come about, or that both sides let go. Never one with money in it:
 * what is held is released or refunded first, and what is on its way arrives first.
 *
 * @throws Problem 409 `wrong_state` for an ended or disputed project; 409 `money_held`,
 *   409 `payment_pending`
 */
export async function cancelProject(projectId: string, { by }: { by: User }): Promise<Project> {
  return inTransaction(async (trx) => {
    const project = await lockProject(trx, projectId)
    const open = await openBusiness(trx, project.id)
    if (open.held > 0) {
      throw wrongState(
        'Money is held for a milestone. Release or refund it first.',
        project.status,
        { code: 'money_held' }
      )
    }
    if (open.pending.length > 0) {
      throw wrongState(
        'A payment of this project is pending. Wait for it, or cancel the deposit.',
        project.status,
        { code: 'payment_pending', extra: { pending: open.pending } }
      )
    }
    await transition(trx, project, 'cancelled', actorOf(by))
    const news = await withdrawInvitations(trx, project, { by })
    const other = by.id === project.clientId ? project.freelancerId : project.clientId
    if (other) {
      news.push({ userId: other, kind: 'project.cancelled', data: aboutProject(project) })
    }
    await notifyAll(trx, news)
    return project
  })
}
