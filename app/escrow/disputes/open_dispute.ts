import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { inTransaction } from '#database/transaction'
import { wrongState } from '#exceptions/problem'
import { inWords } from '#escrow/about'
import { otherParty } from '#escrow/apply_proposal'
import { aboutDispute } from '#escrow/disputes/in_dispute'
import { assertNotFrozen, partOfHeld } from '#escrow/held_money'
import { stopInspection } from '#escrow/inspection_clock'
import { lockMilestone } from '#escrow/locks'
import { actorOf, recordActivity, type Actor } from '#escrow/record_activity'
import { settings } from '#escrow/settings'
import { syncDisputed } from '#escrow/sync_disputed'
import Dispute from '#models/dispute'
import type Milestone from '#models/milestone'
import type User from '#models/user'
import { notify } from '#notifications/notify'
import { assertSameCurrency } from '#validators/money'

/**
 * Opens a dispute over what is held for a milestone, which is frozen from now on: its clock stops, and it
 * can be neither released nor refunded. The other party has `dispute_response_days` for a first answer.
 * A refund request that waits for an answer becomes part of the dispute.
 *
 * @param input.by a party of the project; see `visibleMilestone`
 * @param input.askedAmount decimal in the milestone's currency: what of the held money shall go to who opens
 *   it; the rest is for the other party. Without it, everything
 * @throws Problem 409 `nothing_held`; `frozen` while another dispute, of the parties or of the payment, is
 *   open; `dispute_withdrawn` too soon after withdrawing one; 422 more than is held, nothing, or
 *   another currency
 */
export async function openDispute(
  milestoneId: string,
  input: { by: User; reason: string; askedAmount?: string; currency?: string }
): Promise<Dispute> {
  const { by, reason } = input
  return inTransaction(async (trx) => {
    const { project, milestone } = await lockMilestone(trx, milestoneId)
    await assertNotFrozen(trx, milestone)
    assertSameCurrency(input.currency, milestone.currency)
    const { amount } = await partOfHeld(trx, milestone, input.askedAmount, 'asked_amount')
    const periods = await settings(trx)
    await assertNotTooSoon(trx, milestone, by, periods.dispute_again_days)
    const { rows } = await trx.rawQuery(
      `INSERT INTO disputes
         (milestone_id, opened_by, respondent_id, reason, asked_amount, currency, respond_by, negotiate_until)
       VALUES (?, ?, ?, ?, ?, ?, now() + make_interval(days => ?), now() + make_interval(days => ?))
       RETURNING id`,
      [
        milestone.id,
        by.id,
        otherParty(project, by.id),
        reason,
        amount.minor.toString(),
        amount.currency,
        periods.dispute_response_days,
        periods.dispute_negotiation_days,
      ]
    )
    const dispute = await Dispute.findOrFail(rows[0].id, { client: trx })
    dispute.$setRelated('milestone', milestone)
    await recordActivity(trx, {
      projectId: project.id,
      milestoneId: milestone.id,
      subject: { type: 'dispute', id: dispute.id },
      actor: actorOf(by),
      action: 'dispute.opened',
      to: dispute.status,
      details: inWords(amount),
    })
    await takeRequestIn(trx, milestone, dispute, actorOf(by))
    await stopInspection(trx, milestone)
    await syncDisputed(trx, project.id, actorOf(by))
    await notify(trx, {
      userId: dispute.respondentId,
      kind: 'dispute.opened',
      data: {
        ...aboutDispute({ project, milestone, dispute }),
        ...inWords(amount),
        by: by.displayName,
        respond_by: dispute.respondBy!.toUTC().toISO()!,
      },
    })
    return dispute
  })
}

/**
 * Who withdraws a dispute and opens the next could keep the other's money frozen for ever. Meanwhile the
 * inspection clock runs.
 */
async function assertNotTooSoon(
  trx: TransactionClientContract,
  milestone: Milestone,
  by: User,
  days: number
): Promise<void> {
  const withdrawn = await Dispute.query({ client: trx })
    .where('milestone_id', milestone.id)
    .where('withdrawn_by', by.id)
    .whereRaw('closed_at > now() - make_interval(days => ?)', [days])
    .first()
  if (!withdrawn) return
  throw wrongState(
    `You have withdrawn a dispute over this milestone; you can open another ${days} days after that.`,
    milestone.status,
    { code: 'dispute_withdrawn', extra: { dispute_id: withdrawn.id } }
  )
}

/** Its money is disputed now: what becomes of it is said there. */
async function takeRequestIn(
  trx: TransactionClientContract,
  milestone: Milestone,
  dispute: Dispute,
  actor: Actor
): Promise<void> {
  const rows = await trx
    .from('refund_requests')
    .where('milestone_id', milestone.id)
    .where('status', 'requested')
    .update({ status: 'escalated', dispute_id: dispute.id, decided_at: trx.raw('now()') })
    .returning('id')
  for (const { id } of rows) {
    await recordActivity(trx, {
      projectId: milestone.projectId,
      milestoneId: milestone.id,
      subject: { type: 'refund_request', id },
      actor,
      action: 'refund.escalated',
      from: 'requested',
      to: 'escalated',
      details: { dispute_id: dispute.id },
    })
  }
}
