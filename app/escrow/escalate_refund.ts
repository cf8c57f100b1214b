import { DateTime } from 'luxon'
import { inTransaction } from '#database/transaction'
import { Money } from '#ledger/money'
import Dispute from '#models/dispute'
import RefundRequest from '#models/refund_request'
import { notifyAll } from '#notifications/notify'
import { aboutMilestone, inWords } from '#escrow/about'
import { syncDisputed } from '#escrow/sync_disputed'
import { lockMilestone } from '#escrow/locks'
import { SYSTEM, recordActivity } from '#escrow/record_activity'

/**
 * Turns a refund request that nobody answered in time into an escalated dispute: the milestone is
 * frozen until people have decided. Does nothing to a request that was answered meanwhile or whose
 * time is not up.
 */
export async function escalateRefund(requestId: string): Promise<void> {
  await inTransaction(async (trx) => {
    const found = await RefundRequest.query({ client: trx }).where('id', requestId).firstOrFail()
    const { project, milestone } = await lockMilestone(trx, found.milestoneId)
    const request = await RefundRequest.query({ client: trx })
      .where('id', requestId)
      .where('status', 'requested')
      .whereRaw('respond_by <= now()')
      .forUpdate()
      .first()
    if (!request) return

    const now = DateTime.utc()
    const dispute = await Dispute.create(
      {
        milestoneId: milestone.id,
        openedBy: request.requestedBy,
        respondentId: project.freelancerId!,
        reason: request.reason,
        askedAmount: request.amount,
        currency: request.currency,
        status: 'escalated',
        escalatedAt: now,
        createdAt: now,
        escalatedReason: 'refund_unanswered',
      },
      { client: trx }
    )
    await trx
      .from('refund_requests')
      .where('id', requestId)
      .update({ status: 'escalated', dispute_id: dispute.id, decided_at: trx.raw('now()') })
    const amount = Money.of(request.amount, request.currency)
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: milestone.id,
      subject: { type: 'refund_request', id: request.id },
      actor: SYSTEM,
      action: 'refund.escalated',
      from: 'requested',
      to: 'escalated',
      details: { ...inWords(amount), dispute_id: dispute.id },
    })
    await syncDisputed(trx, project.id)
    const data = {
      ...aboutMilestone(project, milestone),
      ...inWords(amount),
      refund_request_id: request.id,
    }
    await notifyAll(trx, [
      { userId: project.clientId, kind: 'refund.escalated', data },
      { userId: project.freelancerId!, kind: 'refund.escalated', data },
    ])
  })
}
