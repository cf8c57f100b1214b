import { BaseTransformer } from '@adonisjs/core/transformers'
import { formatMinor } from '#ledger/money'
import type Dispute from '#models/dispute'
import { isoTime } from '#transformers/serialize'

/** A dispute as its two sides see it. Needs `milestone` and that one's `project`. */
export default class DisputeTransformer extends BaseTransformer<Dispute> {
  toObject() {
    return disputeOf(this.resource)
  }
}

/** What every answer about a dispute has of it. */
export function disputeOf(dispute: Dispute) {
  const { milestone } = dispute
  const money = (minor: bigint) => formatMinor(minor, dispute.currency)
  return {
    id: dispute.id,
    project_id: milestone.projectId,
    project_title: milestone.project.title,
    milestone_id: milestone.id,
    milestone_title: milestone.title,
    opened_by: dispute.openedBy,
    respondent_id: dispute.respondentId,
    reason: dispute.reason,
    asked_amount: money(dispute.askedAmount),
    currency: dispute.currency,
    status: dispute.status,
    respond_by: isoTime(dispute.respondBy),
    answered_at: isoTime(dispute.answeredAt),
    negotiate_until: isoTime(dispute.negotiateUntil),
    opener_splits: dispute.openerSplitsAt !== null,
    respondent_splits: dispute.respondentSplitsAt !== null,
    additions_closed_at: isoTime(dispute.additionsClosedAt),
    escalated_at: isoTime(dispute.escalatedAt),
    escalated_by: dispute.escalatedBy,
    escalated_reason: dispute.escalatedReason,
    // While a second person may still refuse it, it is no decision yet.
    decision_reason: dispute.status === 'settled' ? dispute.decisionReason : null,
    settlement:
      dispute.settledHow === null
        ? null
        : {
            how: dispute.settledHow,
            to_freelancer: money(dispute.toFreelancer!),
            to_client: money(dispute.toClient!),
          },
    withdrawn_by: dispute.withdrawnBy,
    ended_because: dispute.endedBecause,
    created_at: isoTime(dispute.createdAt),
    closed_at: isoTime(dispute.closedAt),
  }
}
