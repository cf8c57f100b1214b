import { BaseTransformer } from '@adonisjs/core/transformers'
import { formatMinor } from '#ledger/money'
import type { ClientDashboard, ClientMoney } from '#escrow/dashboard/client_dashboard'
import {
  activityLine,
  decimals,
  disputeLine,
  milestoneLine,
  moment,
  refundLine,
  topOutput,
} from '#transformers/dashboard_lines'

const FIGURES = ['deposited', 'spent', 'refunded', 'charged_back'] as const

/** What a client sees first. */
export default class ClientDashboardTransformer extends BaseTransformer<ClientDashboard> {
  toObject() {
    const { awaitingMe, awaitingOthers, ...rest } = this.resource
    return {
      user_type: 'client' as const,
      projects: rest.projects,
      money: rest.money.map(moneyOf),
      held_by_project: topOutput(rest.heldByProject, (row) => ({
        project_id: row.project_id,
        project_title: row.project_title,
        held: formatMinor(row.amount, row.currency),
        currency: row.currency,
      })),
      awaiting_me: {
        reviews: topOutput(awaitingMe.reviews, (row) => ({
          ...milestoneLine(row),
          submitted_at: row.submitted_at.toISOString(),
          auto_approve_at: moment(row.auto_approve_at),
        })),
        disputes: topOutput(awaitingMe.disputes, disputeLine),
        proposals: topOutput(awaitingMe.proposals, (row) => ({
          ...row,
          created_at: row.created_at.toISOString(),
        })),
        milestones_to_fund: topOutput(awaitingMe.milestonesToFund, (row) => ({
          ...milestoneLine(row),
          pending_deposit_id: row.pending_deposit_id,
        })),
      },
      awaiting_others: {
        invitations: topOutput(awaitingOthers.invitations, (row) => ({
          ...row,
          expires_at: row.expires_at.toISOString(),
        })),
        refund_requests: topOutput(awaitingOthers.refundRequests, refundLine),
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

function moneyOf(money: ClientMoney) {
  return {
    currency: money.currency,
    held: money.held.toDecimal(),
    refund_in_transit: money.refundInTransit.toDecimal(),
    refund_payable: money.refundPayable.toDecimal(),
    unapplied: money.unapplied.toDecimal(),
    total: decimals(money.total, FIGURES),
    months: money.months.map((each) => ({ month: each.month, ...decimals(each, FIGURES) })),
  }
}
