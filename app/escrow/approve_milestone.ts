import { inTransaction } from '#database/transaction'
import { forbidden, wrongState } from '#exceptions/problem'
import type Release from '#models/release'
import type User from '#models/user'
import type { BindIntent } from '#escrow/intent'
import { lockMilestone } from '#escrow/locks'
import { actorOf } from '#escrow/record_activity'
import { releaseHeld } from '#escrow/release_held'

/**
 * Approves submitted work and releases everything that is held for it, in one transaction.
 *
 * @returns the release; its payout starts by itself
 * @throws Problem 403 not the client; 409 `wrong_state` nothing is submitted (or it was approved
 *   already), `nothing_held`, `frozen`, `refund_pending`
 */
export async function approveMilestone(
  milestoneId: string,
  input: { by: User; bind?: BindIntent }
): Promise<Release> {
  return inTransaction(async (trx) => {
    const { project, milestone } = await lockMilestone(trx, milestoneId)
    if (project.clientId !== input.by.id) throw forbidden('Only the client approves work.')
    if (milestone.status !== 'submitted') {
      throw wrongState(
        milestone.status === 'approved'
          ? 'This milestone is approved already; its money was released once.'
          : 'Only submitted work can be approved. To pay without a submission, release early.',
        milestone.status
      )
    }
    return releaseHeld(trx, {
      project,
      milestone,
      kind: 'approval',
      actor: actorOf(input.by),
      bind: input.bind,
    })
  })
}
