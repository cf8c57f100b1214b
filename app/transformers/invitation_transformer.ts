import { BaseTransformer } from '@adonisjs/core/transformers'
import { termsOf } from '#escrow/terms'
import { Money, formatMinor, sumOf } from '#ledger/money'
import type Invitation from '#models/invitation'
import type Milestone from '#models/milestone'
import type Project from '#models/project'
import { partyOf } from '#transformers/party'
import { isoTime } from '#transformers/serialize'

/**
 * An invitation as who sent it and who got it see it. The invited person sees the project through it
 * and nowhere else, and only while there is something to answer, or once it is theirs: a draft goes on
 * changing, which is no business of somebody who declined.
 *
 * Needs `project` with `clientUser` and `milestones`.
 */
export default class InvitationTransformer extends BaseTransformer<Invitation> {
  constructor(
    invitation: Invitation,
    protected view: { forInviter: boolean; platformFeeBps: number }
  ) {
    super(invitation)
  }

  toObject() {
    const invitation = this.resource
    const status = invitation.currentStatus
    const open = this.view.forInviter || status === 'pending' || status === 'accepted'
    return {
      id: invitation.id,
      project_id: invitation.projectId,
      email: invitation.email,
      status,
      expires_at: isoTime(invitation.expiresAt),
      created_at: isoTime(invitation.createdAt),
      responded_at: isoTime(invitation.respondedAt),
      project: open ? this.#project(invitation.project) : null,
    }
  }

  #project(project: Project) {
    return {
      id: project.id,
      title: project.title,
      description: project.description,
      client: partyOf(project.clientUser),
      total_amount: formatMinor(project.totalAmount, project.currency),
      currency: project.currency,
      deadline: isoTime(project.deadline),
      status: project.status,
      milestones: project.milestones.map(describeMilestone),
      terms: termsOf(project),
      quote: this.#quote(project),
    }
  }

  /** What the freelancer would get if all of it were released. Fees are taken on release only. */
  #quote(project: Project) {
    const bps = project.platformFeeBps ?? this.view.platformFeeBps
    const total = Money.of(project.totalAmount, project.currency)
    const parts = project.milestones.map(({ amount }) => Money.of(amount, project.currency))
    const rest = total.subtract(sumOf(parts, project.currency))
    // Milestone by milestone, as it will be taken: rounding down each is not rounding down the sum.
    const fees = [...parts, rest].map((part) => part.basisPoints(bps))
    const fee = sumOf(fees, project.currency)
    return {
      platform_fee_bps: bps,
      fee: fee.toDecimal(),
      net: total.subtract(fee).toDecimal(),
      currency: project.currency,
    }
  }
}

function describeMilestone(milestone: Milestone) {
  return {
    id: milestone.id,
    title: milestone.title,
    description: milestone.description,
    amount: formatMinor(milestone.amount, milestone.currency),
    currency: milestone.currency,
    due_date: isoTime(milestone.dueDate),
  }
}
