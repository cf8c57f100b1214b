import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { forbidden } from '#exceptions/problem'
import type Milestone from '#models/milestone'
import RefundRequest from '#models/refund_request'
import type User from '#models/user'
import { notify } from '#notifications/notify'
import { aboutMilestone, inWords } from '#escrow/about'
import { assertNotStopped, partOfHeld } from '#escrow/held_money'
import { stopInspection } from '#escrow/inspection_clock'
import type { BindIntent } from '#escrow/intent'
import { lockMilestone } from '#escrow/locks'
import { actorOf, recordActivity } from '#escrow/record_activity'
import { refundHeld } from '#escrow/refund_held'
import { settings } from '#escrow/settings'

/**
 * Asks for held money back, all of it or a part.
 *
 * Nobody has to agree within `refund_free_hours` of funding, or from `refund_overdue_days` past the
 * due date, when nothing was ever submitted: such a refund starts at once. Any other request stops
 * releases and the inspection clock until the freelancer accepts or declines it; unanswered for
 * `refund_response_days`, it becomes an escalated dispute.
 *
 * @param input.amount decimal in the milestone's currency; without it, everything that is held
 * @throws Problem 403 not the client; 409 `nothing_held`, `frozen`, `refund_pending`; 422 more than is held
 */
export async function requestRefund(
  milestoneId: string,
  input: { by: User; amount?: string; reason: string; bind?: BindIntent }
): Promise<RefundRequest> {
  return inTransaction(async (trx) => {
    const { project, milestone } = await lockMilestone(trx, milestoneId)
    if (project.clientId !== input.by.id) throw forbidden('Only the client asks for a refund.')
    await assertNotStopped(trx, milestone)
    const { amount } = await partOfHeld(trx, milestone, input.amount)
    const { refund_response_days: days, ...free } = await settings(trx)
    const immediate = await needsNoConsent(trx, milestone, free)
    const request = await RefundRequest.create(
      {
        milestoneId: milestone.id,
        requestedBy: input.by.id,
        amount: amount.minor,
        currency: amount.currency,
        reason: input.reason,
        immediate,
        status: immediate ? 'accepted' : 'requested',
      },
      { client: trx }
    )
    if (immediate) {
      await refundHeld(trx, { project, milestone, request, actor: actorOf(input.by) })
    } else {
      await trx
        .from('refund_requests')
        .where('id', request.id)
        .update({ respond_by: trx.raw('now() + make_interval(days => ?)', [days]) })
      await stopInspection(trx, milestone)
    }
    await request.refresh()
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: milestone.id,
      subject: { type: 'refund_request', id: request.id },
      actor: actorOf(input.by),
      action: 'refund.requested',
      to: request.status,
      details: { ...inWords(amount), reason: input.reason, immediate },
    })
    await input.bind?.(trx, request.id)
    const about = {
      ...aboutMilestone(project, milestone),
      ...inWords(amount),
      refund_request_id: request.id,
    }
    await notify(
      trx,
      immediate
        ? { userId: project.freelancerId!, kind: 'refund.taken', data: about }
        : {
            userId: project.freelancerId!,
            kind: 'refund.requested',
            data: { ...about, respond_by: request.respondBy!.toUTC().toISO()! },
          }
    )
    return request
  })
}

/** Work never started: nothing submitted, and just funded or long overdue. By the database's clock. */
async function needsNoConsent(
  trx: TransactionClientContract,
  milestone: Milestone,
  periods: { refund_free_hours: number; refund_overdue_days: number }
): Promise<boolean> {
  const { rows } = await trx.rawQuery(
    `SELECT NOT EXISTS (SELECT FROM submissions s WHERE s.milestone_id = m.id)
            AND (m.funded_at > now() - make_interval(hours => ?)
                 OR m.due_date < now() - make_interval(days => ?)) AS free
       FROM milestones m WHERE m.id = ?`,
    [periods.refund_free_hours, periods.refund_overdue_days, milestone.id]
  )
  return rows[0].free === true
}
