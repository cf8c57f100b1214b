import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { wrongState } from '#exceptions/problem'
import { transition, type LockedDispute } from '#escrow/dispute_states'
import { aboutDispute, inDispute } from '#escrow/disputes/in_dispute'
import { actorOf, SYSTEM, type Actor } from '#escrow/record_activity'
import type Dispute from '#models/dispute'
import type { EscalatedReason } from '#models/dispute'
import type User from '#models/user'
import { notifyAll } from '#notifications/notify'

/**
 * Hands a dispute to staff because a party asks for it. The parties may still agree until staff have decided.
 *
 * @throws Problem 409 `wrong_state` before the first answer, or when it is with staff already or over
 */
export async function escalateDispute(disputeId: string, { by }: { by: User }): Promise<Dispute> {
  return inDispute(disputeId, { by }, async ({ trx, ...locked }) => {
    const { status, respondBy } = locked.dispute
    if (status === 'open') {
      throw wrongState(
        `The other side has until ${respondBy!.toUTC().toISO()} for a first answer; staff decide after that.`,
        status
      )
    }
    return escalate(trx, locked, 'requested', actorOf(by))
  })
}

/** The same because time is over. Needs the locks of `lockDispute`. */
export async function escalateByTime(
  trx: TransactionClientContract,
  locked: LockedDispute,
  reason: 'negotiation_over' | 'could_not_answer'
): Promise<Dispute> {
  return escalate(trx, locked, reason, SYSTEM)
}

async function escalate(
  trx: TransactionClientContract,
  locked: LockedDispute,
  reason: EscalatedReason,
  actor: Actor
): Promise<Dispute> {
  const dispute = await transition(trx, locked, 'escalated', actor, {
    changes: {
      escalated_at: trx.raw('now()'),
      escalated_by: actor.type === 'user' ? actor.id : null,
      escalated_reason: reason,
    },
    details: { reason },
  })
  const told = [dispute.openedBy, dispute.respondentId].filter((id) => id !== actor.id)
  await notifyAll(
    trx,
    told.map((userId) => ({
      userId,
      kind: 'dispute.escalated' as const,
      data: { ...aboutDispute(locked), by_time: reason !== 'requested' },
    }))
  )
  return dispute
}
