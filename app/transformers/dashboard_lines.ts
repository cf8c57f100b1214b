import { formatMinor, type Money } from '#ledger/money'
import type { ActivityRow, DisputeRow, MilestoneRow, RefundRow, Top } from '#escrow/dashboard/lists'

/** The first few of a list, and how many there are in all. */
export interface TopOutput<Line> {
  count: number
  items: Line[]
}

export function topOutput<Row, Line>(
  { count, items }: Top<Row>,
  line: (row: Row) => Line
): TopOutput<Line> {
  return { count, items: items.map(line) }
}

export function milestoneLine(row: MilestoneRow) {
  return {
    project_id: row.project_id,
    project_title: row.project_title,
    milestone_id: row.milestone_id,
    milestone_title: row.milestone_title,
    amount: formatMinor(row.amount, row.currency),
    currency: row.currency,
    due_date: row.due_date.toISOString(),
  }
}

export function refundLine(row: RefundRow) {
  return {
    refund_request_id: row.refund_request_id,
    project_id: row.project_id,
    project_title: row.project_title,
    milestone_id: row.milestone_id,
    milestone_title: row.milestone_title,
    amount: formatMinor(row.amount, row.currency),
    currency: row.currency,
    reason: row.reason,
    respond_by: moment(row.respond_by),
  }
}

export function disputeLine(row: DisputeRow) {
  return {
    dispute_id: row.dispute_id,
    project_id: row.project_id,
    project_title: row.project_title,
    milestone_id: row.milestone_id,
    milestone_title: row.milestone_title,
    status: row.status,
    awaits: row.awaits,
    asked_amount: formatMinor(row.asked_amount, row.currency),
    currency: row.currency,
    act_by: moment(row.act_by),
  }
}

export function activityLine(row: ActivityRow) {
  return {
    id: row.id,
    project_id: row.project_id,
    project_title: row.project_title,
    milestone_id: row.milestone_id,
    subject: { type: row.subject_type, id: row.subject_id },
    actor: { type: row.actor_type, id: row.actor_id },
    action: row.action,
    from_status: row.from_status,
    to_status: row.to_status,
    details: row.details,
    at: row.at.toISOString(),
  }
}

/** Amounts as the wire has them, under their own names. */
export function decimals<Name extends string>(
  figures: Record<Name, Money>,
  names: readonly Name[]
): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, figures[name].toDecimal()])) as Record<
    Name,
    string
  >
}

export function moment(at: Date): string
export function moment(at: Date | null): string | null
export function moment(at: Date | null): string | null {
  return at ? at.toISOString() : null
}
