import { forbidden } from '#exceptions/problem'
import { aboutMilestone, inWords } from '#escrow/about'
import { transition } from '#escrow/dispute_states'
import { giveRequestBack } from '#escrow/disputes/give_request_back'
import { aboutDispute, inDispute } from '#escrow/disputes/in_dispute'
import { resumeInspection } from '#escrow/inspection_clock'
import { actorOf } from '#escrow/record_activity'
import { syncDisputed } from '#escrow/sync_disputed'
import { Money } from '#ledger/money'
import type Dispute from '#models/dispute'
import type User from '#models/user'
import { notifyAll } from '#notifications/notify'

/**
 * Who opened a dispute takes it back: the milestone goes on as if there had been none, its inspection clock
 * with what was left of it. A refund request that it had taken in waits again, and keeps that clock stopped; see
 * `giveRequestBack`.
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
    const request = await giveRequestBack(trx, locked, actorOf(by))
    if (!request) await resumeInspection(trx, milestone)
    await syncDisputed(trx, project.id, actorOf(by))
    const until = request && { respond_by: request.respondBy!.toUTC().toISO()! }
    await notifyAll(trx, [
      ...(request
        ? [
            {
              userId: project.freelancerId!,
              kind: 'refund.requested' as const,
              data: {
                ...aboutMilestone(project, milestone),
                ...inWords(Money.of(request.amount, request.currency)),
                ...until!,
                refund_request_id: request.id,
              },
            },
          ]
        : []),
      {
        userId: other,
        kind: 'dispute.withdrawn',
        data: { ...aboutDispute(locked), ...until, by: by.displayName },
      },
    ])
    return dispute
  })
}
