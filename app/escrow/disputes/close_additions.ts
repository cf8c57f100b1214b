import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { permit } from '#approvals/permit'
import { recordAudit } from '#audit/record_audit'
import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { lockDispute, type LockedDispute } from '#escrow/dispute_states'
import { aboutDispute } from '#escrow/disputes/in_dispute'
import { recordActivity } from '#escrow/record_activity'
import { notifyAll } from '#notifications/notify'

/**
 * Lets nothing be added to a dispute while staff read it, so that a party who goes on writing cannot keep them
 * from deciding. Both can still agree on what is there: accept or decline the offer that is open, choose the
 * equal split that the other side has chosen, or withdraw. It ends when staff open it again, or drop what they
 * had proposed.
 *
 * @param by id of the member of staff
 * @throws Problem 403 if their role may not; 404; 409 `wrong_state` unless it is escalated and not closed already
 */
export async function closeAdditions(disputeId: string, by: string): Promise<void> {
  await change(disputeId, by, 'closed')
}

/** The opposite. @throws Problem as `closeAdditions`, if it is not closed */
export async function openAdditions(disputeId: string, by: string): Promise<void> {
  await change(disputeId, by, 'opened')
}

async function change(disputeId: string, by: string, to: 'closed' | 'opened'): Promise<void> {
  await inTransaction(async (trx) => {
    await permit(trx, by, 'dispute.decide')
    const locked = await lockDispute(trx, disputeId)
    const { dispute } = locked
    const isClosed = dispute.additionsClosedAt !== null
    if (dispute.status !== 'escalated') {
      throw wrongState(
        `This dispute is ${dispute.status}; only one that waits for staff is closed for additions.`,
        dispute.status
      )
    }
    if (isClosed === (to === 'closed')) {
      throw wrongState(
        isClosed ? 'It is closed for additions already.' : 'It is open for additions.',
        dispute.status
      )
    }
    await trx
      .from('disputes')
      .where('id', disputeId)
      .update(
        to === 'closed'
          ? { additions_closed_at: trx.raw('now()'), additions_closed_by: by }
          : { additions_closed_at: null, additions_closed_by: null }
      )
    await record(trx, locked, by, to)
  })
}

async function record(
  trx: TransactionClientContract,
  locked: LockedDispute,
  by: string,
  to: 'closed' | 'opened'
): Promise<void> {
  const { project, milestone, dispute } = locked
  const action = `dispute.additions_${to}` as const
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: milestone.id,
    subject: { type: 'dispute', id: dispute.id },
    actor: { type: 'staff', id: by },
    action,
  })
  await recordAudit(trx, {
    actor: { type: 'staff', id: by },
    action,
    target: { type: 'dispute', id: dispute.id },
    before: { additions: to === 'closed' ? 'open' : 'closed' },
    after: { additions: to === 'closed' ? 'closed' : 'open' },
  })
  const data = aboutDispute(locked)
  await notifyAll(trx, [
    { userId: dispute.openedBy, kind: action, data },
    { userId: dispute.respondentId, kind: action, data },
  ])
}
