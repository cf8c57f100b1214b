import { forbidden } from '#exceptions/problem'
import { transition } from '#escrow/dispute_states'
import { aboutDispute, inDispute } from '#escrow/disputes/in_dispute'
import { resumeInspection } from '#escrow/inspection_clock'
import { actorOf } from '#escrow/record_activity'
import { syncDisputed } from '#escrow/sync_disputed'
import type Dispute from '#models/dispute'
import type User from '#models/user'
import { notify } from '#notifications/notify'

/**
 * Who opened a dispute takes it back: the milestone goes on as if there had been none, its inspection clock
 * with what was left of it. A refund request that had become part of it is over.
 *
 * @throws Problem 403 the other side; 409 `wrong_state` once it is decided or over
 */
export async function withdrawDispute(disputeId: string, { by }: { by: User }): Promise<Dispute> {
  return inDispute(disputeId, { by }, async ({ trx, other, ...locked }) => {
    const { project, milestone, dispute } = locked
    if (by.id !== dispute.openedBy) {
      throw forbidden('The other side opened this dispute; only they can withdraw it.')
    }
    await transition(trx, locked, 'withdrawn', actorOf(by), { changes: { withdrawn_by: by.id } })
    await resumeInspection(trx, milestone)
    await syncDisputed(trx, project.id, actorOf(by))
    await notify(trx, {
      userId: other,
      kind: 'dispute.withdrawn',
      data: { ...aboutDispute(locked), by: by.displayName },
    })
    return dispute
  })
}
