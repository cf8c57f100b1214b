import { BaseTransformer } from '@adonisjs/core/transformers'
import { formatMinor } from '#ledger/money'
import type {
  FreelancerDashboard,
  FreelancerMoney,
  ReceivedInvitationRow,
} from '#escrow/dashboard/freelancer_dashboard'
import {
  activityLine,
  decimals,
  disputeLine,
  milestoneLine,
  moment,
  refundLine,
  topOutput,
} from '#transformers/dashboard_lines'

const FIGURES = ['earned', 'paid_out'] as const

/** What a freelancer sees first. */
export default class FreelancerDashboardTransformer extends BaseTransformer<FreelancerDashboard> {
  toObject() {
    const { awaitingMe, ...rest } = this.resource
    return {
      user_type: 'freelancer' as const,
      projects: rest.projects,
      money: rest.money.map(moneyOf),
      held_by_project: topOutput(rest.heldByProject, (row) => ({
        project_id: row.project_id,
        project_title: row.project_title,
        held: formatMinor(row.amount, row.currency),
        currency: row.currency,
      })),
      awaiting_me: {
        invitations: topOutput(awaitingMe.invitations, invitationLine),
        refund_requests: topOutput(awaitingMe.refundRequests, refundLine),
        disputes: topOutput(awaitingMe.disputes, disputeLine),
        proposals: topOutput(awaitingMe.proposals, (row) => ({
          ...row,
          created_at: row.created_at.toISOString(),
        })),
        rejected_work: topOutput(awaitingMe.rejectedWork, (row) => ({
          ...milestoneLine(row),
          rejected_at: moment(row.rejected_at),
          reason: row.reason,
        })),
        milestones_to_deliver: topOutput(awaitingMe.milestonesToDeliver, milestoneLine),
      },
      due_soon: topOutput(rest.dueSoon, (row) => ({
        ...milestoneLine(row),
        status: row.status,
        funded: row.funded,
        overdue: row.overdue,
      })),
      recent_activity: rest.recentActivity.map(activityLine),
      unread_notifications: rest.unread,
    }
  }
}

function moneyOf(money: FreelancerMoney) {
  return {
    currency: money.currency,
    held: money.held.toDecimal(),
    payable: money.payable.toDecimal(),
    in_transit: money.inTransit.toDecimal(),
    owed: money.owed.toDecimal(),
    total: decimals(money.total, FIGURES),
    months: money.months.map((each) => ({ month: each.month, ...decimals(each, FIGURES) })),
  }
}

function invitationLine(row: ReceivedInvitationRow) {
  const name = `${row.client_first_name} ${row.client_last_name}`.trim() || row.client_email
  return {
    invitation_id: row.invitation_id,
    project_id: row.project_id,
    project_title: row.project_title,
    client: { id: row.client_id, name },
    total_amount: formatMinor(row.amount, row.currency),
    currency: row.currency,
    expires_at: row.expires_at.toISOString(),
  }
}
