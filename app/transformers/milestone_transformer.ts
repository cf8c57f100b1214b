import { BaseTransformer } from '@adonisjs/core/transformers'
import { formatMinor } from '#ledger/money'
import type Milestone from '#models/milestone'
import type { SubmittedDeliverable } from '#escrow/submitted_deliverables'
import type { MilestoneMoney } from '#escrow/milestone_details'
import { isoTime } from '#transformers/serialize'
import { submissionOf } from '#transformers/submission_transformer'

/**
 * A milestone as its parties see it. `submission` (the latest) is there when `submissions` is loaded,
 * `escrow` and `frozen` when its totals are handed in.
 */
export default class MilestoneTransformer extends BaseTransformer<Milestone> {
  constructor(
    milestone: Milestone,
    protected totals?: Map<string, MilestoneMoney>
  ) {
    super(milestone)
  }

  toObject() {
    const milestone = this.resource
    const latest = milestone.submissions?.[0]
    return {
      id: milestone.id,
      project_id: milestone.projectId,
      title: milestone.title,
      description: milestone.description,
      amount: formatMinor(milestone.amount, milestone.currency),
      currency: milestone.currency,
      due_date: isoTime(milestone.dueDate),
      status: milestone.status,
      deliverables: (latest?.deliverables ?? []) as SubmittedDeliverable[],
      funded: milestone.isFunded,
      funded_at: isoTime(milestone.fundedAt),
      auto_approve_at: isoTime(milestone.autoApproveAt),
      closed_at: isoTime(milestone.closedAt),
      closed_reason: milestone.closedReason,
      frozen: this.totals?.get(milestone.id)?.frozen,
      escrow: this.#escrow(),
      submission: milestone.submissions && (latest ? submissionOf(latest) : null),
      created_at: isoTime(milestone.createdAt),
      updated_at: isoTime(milestone.updatedAt),
    }
  }

  #escrow() {
    const totals = this.totals?.get(this.resource.id)
    return (
      totals && {
        deposited: totals.funded.toDecimal(),
        held: totals.held.toDecimal(),
        released: totals.released.toDecimal(),
        refunded: totals.refunded.toDecimal(),
        charged_back: totals.chargedBack.toDecimal(),
      }
    )
  }
}
