import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { Money } from '#ledger/money'
import { forbidden, notFound, wrongState } from '#exceptions/problem'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import RefundRequest from '#models/refund_request'
import type User from '#models/user'
import { notify } from '#notifications/notify'
import { aboutMilestone, inWords } from '#escrow/about'
import { assertNotFrozen } from '#escrow/held_money'
import { resumeInspection } from '#escrow/inspection_clock'
import type { BindIntent } from '#escrow/intent'
import { lockMilestone } from '#escrow/locks'
import { actorOf, recordActivity } from '#escrow/record_activity'
import { refundHeld } from '#escrow/refund_held'

/**
 * The freelancer agrees: the refund starts at once. If only a part goes back, the inspection clock of
 * the rest goes on.
 *
 * @throws Problem 403 not the freelancer; 404; 409 `wrong_state` answered already, `frozen`
 */
export async function acceptRefund(
  requestId: string,
  input: { by: User; bind?: BindIntent }
): Promise<RefundRequest> {
  return answer(requestId, input.by, 'accepted', async (trx, { project, milestone, request }) => {
    await assertNotFrozen(trx, milestone)
    await refundHeld(trx, { project, milestone, request, actor: actorOf(input.by) })
    // What is left of submitted work goes on being inspected.
    await resumeInspection(trx, milestone)
    await input.bind?.(trx, request.id)
  })
}

/**
 * The freelancer does not agree: the money stays held, and the inspection clock goes on with what was
 * left of it.
 *
 * @throws Problem 403 not the freelancer; 404; 409 `wrong_state` answered already
 */
export async function declineRefund(
  requestId: string,
  input: { by: User }
): Promise<RefundRequest> {
  return answer(requestId, input.by, 'declined', async (trx, { milestone }) => {
    await resumeInspection(trx, milestone)
  })
}

interface Locked {
  project: Project
  milestone: Milestone
  request: RefundRequest
}

async function answer(
  requestId: string,
  by: User,
  status: 'accepted' | 'declined',
  act: (trx: TransactionClientContract, locked: Locked) => Promise<void>
): Promise<RefundRequest> {
  return inTransaction(async (trx) => {
    const found = await RefundRequest.query({ client: trx }).where('id', requestId).first()
    if (!found) throw notFound('refund request')
    const { project, milestone } = await lockMilestone(trx, found.milestoneId)
    const request = await RefundRequest.query({ client: trx })
      .where('id', requestId)
      .forUpdate()
      .firstOrFail()
    if (project.freelancerId !== by.id) {
      throw forbidden('Only the freelancer answers a refund request.')
    }
    if (request.status !== 'requested') {
      throw wrongState(`This refund request is ${request.status} already.`, request.status)
    }
    await act(trx, { project, milestone, request })
    await trx
      .from('refund_requests')
      .where('id', requestId)
      .update({ status, decided_by: by.id, decided_at: trx.raw('now()') })
    await request.refresh()
    const amount = Money.of(request.amount, request.currency)
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: milestone.id,
      subject: { type: 'refund_request', id: request.id },
      actor: actorOf(by),
      action: `refund.${status}`,
      from: 'requested',
      to: status,
      details: inWords(amount),
    })
    await notify(trx, {
      userId: project.clientId,
      kind: `refund.${status}` as const,
      data: {
        ...aboutMilestone(project, milestone),
        ...inWords(amount),
        refund_request_id: request.id,
      },
    })
    return request
  })
}
