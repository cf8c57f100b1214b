import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { LockedDispute } from '#escrow/dispute_states'
import { partOfHeld } from '#escrow/held_money'
import { recordActivity, type Actor } from '#escrow/record_activity'
import { setting } from '#escrow/settings'
import RefundRequest from '#models/refund_request'

/**
 * What becomes of the refund request that a dispute had taken in when that dispute is withdrawn: it waits again,
 * with all of `refund_response_days` for an answer. One that had become the dispute itself, because nobody answered
 * it, is withdrawn with it, and so is one for more than is held by now. Needs the locks of `lockDispute`.
 *
 * @returns the request that waits; undefined if none does
 */
export async function giveRequestBack(
  trx: TransactionClientContract,
  { project, milestone, dispute }: LockedDispute,
  actor: Actor
): Promise<RefundRequest | undefined> {
  const request = await RefundRequest.query({ client: trx })
    .where('dispute_id', dispute.id)
    .where('status', 'escalated')
    .forUpdate()
    .first()
  if (!request) return undefined
  const { amount: held } = await partOfHeld(trx, milestone)
  const waits = dispute.escalatedReason !== 'refund_unanswered' && request.amount <= held.minor
  const days = await setting(trx, 'refund_response_days')
  await trx
    .from('refund_requests')
    .where('id', request.id)
    .update(
      waits
        ? {
            status: 'requested',
            dispute_id: null,
            decided_at: null,
            respond_by: trx.raw('now() + make_interval(days => ?)', [days]),
          }
        : { status: 'withdrawn', decided_at: trx.raw('now()') }
    )
  await request.refresh()
  await recordActivity(trx, {
    projectId: project.id,
    milestoneId: milestone.id,
    subject: { type: 'refund_request', id: request.id },
    actor,
    action: waits ? 'refund.waits_again' : 'refund.withdrawn',
    from: 'escalated',
    to: request.status,
    details: { dispute_id: dispute.id },
  })
  return waits ? request : undefined
}
