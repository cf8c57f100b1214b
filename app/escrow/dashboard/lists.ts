import type { Client } from '#ledger/balances'
import type { Currency } from '#ledger/money'
import type { ProjectStatus } from '#models/project'
import type { ActorType, SubjectType } from '#models/activity'
import type { ProposalKind } from '#models/proposal'
import type User from '#models/user'
import { partyColumn } from '#escrow/visible'

/** How many of each list a dashboard shows; the rest is a number. */
export const TOP = 10

/** How far ahead something counts as due soon. */
export const DUE_SOON_DAYS = 14

/** The first few of a list, and how long it is. */
export interface Top<Row> {
  count: number
  items: Row[]
}

/** What every line of a dashboard is about. */
export interface AboutProjectRow {
  project_id: string
  project_title: string
}

export interface MilestoneRow extends AboutProjectRow {
  milestone_id: string
  milestone_title: string
  amount: bigint
  currency: Currency
  due_date: Date
}

/**
 * The first of the rows that a query finds, with how many there are: one query.
 *
 * @param select without order and limit; what it needs of `:user` is bound
 * @param outer further columns, of the rows that are shown only
 */
export async function topOf<Row>(
  client: Client,
  { select, order, outer = '' }: { select: string; order: string; outer?: string },
  bindings: Record<string, unknown>
): Promise<Top<Row>> {
  const { rows } = await client.rawQuery<{ rows: (Row & { total: number })[] }>(
    `SELECT shown.* ${outer}
       FROM (SELECT found.*, count(*) OVER ()::int AS total FROM (${select}) found
              ORDER BY ${order} LIMIT ${TOP}) shown
      ORDER BY ${order}`,
    bindings as never
  )
  return { count: rows[0]?.total ?? 0, items: rows.map(({ total: _, ...row }) => row as Row) }
}

const MILESTONE = `
  m.id AS milestone_id, m.title AS milestone_title, p.id AS project_id, p.title AS project_title,
  m.amount, m.currency, m.due_date`

/** The open milestones of a user's running projects that fit a condition on `m`, as SQL. */
export const openMilestones = (user: User, condition: string, columns = '') => `
  SELECT ${MILESTONE} ${columns}
    FROM projects p JOIN milestones m ON m.project_id = p.id
   WHERE p.${partyColumn(user)} = :user AND p.status IN ('active', 'disputed')
     AND m.closed_at IS NULL AND ${condition}`

export interface DueRow extends MilestoneRow {
  status: 'pending' | 'rejected'
  funded: boolean
  overdue: boolean
}

/** Work that is not handed in and is due soon, or was due before; what is due first comes first. */
export function dueSoon(client: Client, user: User): Promise<Top<DueRow>> {
  return topOf<DueRow>(
    client,
    {
      select: openMilestones(
        user,
        `m.status IN ('pending', 'rejected') AND m.due_date < now() + make_interval(days => ${DUE_SOON_DAYS})`,
        `, m.status, m.funded_at IS NOT NULL AS funded, m.due_date < now() AS overdue`
      ),
      order: 'due_date, milestone_id',
    },
    { user: user.id }
  )
}

export interface ProposalRow extends AboutProjectRow {
  proposal_id: string
  kind: ProposalKind
  milestone_id: string | null
  created_at: Date
}

/** Changes that the other side proposes, the oldest first. */
export function proposalsToAnswer(client: Client, user: User): Promise<Top<ProposalRow>> {
  return topOf<ProposalRow>(
    client,
    {
      select: `
        SELECT o.id AS proposal_id, o.kind, o.milestone_id, o.created_at,
               p.id AS project_id, p.title AS project_title
          FROM projects p JOIN proposals o ON o.project_id = p.id
         WHERE p.${partyColumn(user)} = :user AND p.status IN ('active', 'disputed')
           AND o.status = 'open' AND o.proposed_by <> :user`,
      order: 'proposal_id',
    },
    { user: user.id }
  )
}

export interface RefundRow extends AboutProjectRow {
  refund_request_id: string
  milestone_id: string
  milestone_title: string
  amount: bigint
  currency: Currency
  reason: string
  respond_by: Date | null
}

/** Refunds that the client asked for and the freelancer has not answered; whose time ends first, first. */
export function unansweredRefunds(client: Client, user: User): Promise<Top<RefundRow>> {
  return topOf<RefundRow>(
    client,
    {
      select: `
        SELECT r.id AS refund_request_id, m.id AS milestone_id, m.title AS milestone_title,
               r.amount, r.currency, r.reason, r.respond_by,
               p.id AS project_id, p.title AS project_title
          FROM projects p
          JOIN milestones m ON m.project_id = p.id
          JOIN refund_requests r ON r.milestone_id = m.id AND r.status = 'requested'
         WHERE p.${partyColumn(user)} = :user`,
      order: 'respond_by, refund_request_id',
    },
    { user: user.id }
  )
}

export interface DisputeRow extends AboutProjectRow {
  dispute_id: string
  milestone_id: string
  milestone_title: string
  status: 'open' | 'negotiating' | 'escalated'
  /** What the other side waits for: the first answer, or a yes or no to what they offer. */
  awaits: 'answer' | 'offer' | 'equal_split'
  asked_amount: bigint
  currency: Currency
  /** When time decides instead, or staff; empty when it is with staff already. */
  act_by: Date | null
}

/** Disputes in which the other side waits for the user; whose time ends first, first. */
export function disputesToAct(client: Client, user: User): Promise<Top<DisputeRow>> {
  return topOf<DisputeRow>(
    client,
    {
      select: `
        SELECT d.id AS dispute_id, m.id AS milestone_id, m.title AS milestone_title,
               p.id AS project_id, p.title AS project_title, d.status, d.asked_amount, d.currency,
               CASE d.status WHEN 'open' THEN d.respond_by WHEN 'negotiating' THEN d.negotiate_until END
                 AS act_by,
               CASE WHEN d.status = 'open' AND d.respondent_id = :user THEN 'answer'
                    WHEN o.id IS NOT NULL THEN 'offer'
                    ELSE 'equal_split' END AS awaits
          FROM disputes d
          JOIN milestones m ON m.id = d.milestone_id
          JOIN projects p ON p.id = m.project_id
          LEFT JOIN dispute_offers o
            ON o.dispute_id = d.id AND o.status = 'open' AND o.made_by <> :user
         WHERE d.status IN ('open', 'negotiating', 'escalated')
           AND (d.opened_by = :user OR d.respondent_id = :user)
           AND (d.status = 'open' AND d.respondent_id = :user
             OR o.id IS NOT NULL
             OR d.opened_by = :user AND d.respondent_splits_at IS NOT NULL
             OR d.respondent_id = :user AND d.opener_splits_at IS NOT NULL)`,
      order: 'act_by, dispute_id',
    },
    { user: user.id }
  )
}

export interface HeldRow extends AboutProjectRow {
  amount: bigint
  currency: Currency
}

/** Which projects the held money is held for, from the ledger; where most is held comes first. */
export function heldByProject(client: Client, user: User): Promise<Top<HeldRow>> {
  return topOf<HeldRow>(
    client,
    {
      select: `
        SELECT p.id AS project_id, p.title AS project_title, a.currency, sum(a.balance)::bigint AS amount
          FROM projects p
          JOIN milestones m ON m.project_id = p.id
          JOIN ledger_accounts a ON a.name = 'escrow:' || m.id AND a.balance > 0
         WHERE p.${partyColumn(user)} = :user
         GROUP BY p.id, a.currency`,
      order: 'amount DESC, project_id',
    },
    { user: user.id }
  )
}

export interface ActivityRow extends AboutProjectRow {
  id: string
  milestone_id: string | null
  subject_type: SubjectType
  subject_id: string
  actor_type: ActorType
  actor_id: string | null
  action: string
  from_status: string | null
  to_status: string | null
  details: Record<string, unknown>
  at: Date
}

/** What happened last in a user's projects. Each project gives its newest, by index, and the newest remain. */
export async function recentActivity(client: Client, user: User): Promise<ActivityRow[]> {
  const { rows } = await client.rawQuery<{ rows: ActivityRow[] }>(
    `SELECT p.id AS project_id, p.title AS project_title, a.*
       FROM projects p
       CROSS JOIN LATERAL (
         SELECT id, milestone_id, subject_type, subject_id, actor_type, actor_id, action, from_status,
                to_status, details, at
           FROM activity WHERE project_id = p.id ORDER BY id DESC LIMIT ${TOP}
       ) a
      WHERE p.${partyColumn(user)} = :user
      ORDER BY a.id DESC
      LIMIT ${TOP}`,
    { user: user.id } as never
  )
  return rows
}

export interface Overview {
  projects: Record<ProjectStatus, number>
  /** Of the user's projects, whether money has moved or not. */
  currencies: Currency[]
  unread: number
  now: Date
}

/** How many projects there are in each state, and how many notifications nobody has read: one query. */
export async function overviewOf(client: Client, user: User): Promise<Overview> {
  const { rows } = await client.rawQuery<{
    rows: { now: Date; unread: number; status: ProjectStatus | null; currency: string; n: number }[]
  }>(
    `SELECT now() AS now, unread.n AS unread, own.status, own.currency, own.n
       FROM (SELECT count(*)::int AS n FROM notifications WHERE user_id = :user AND read_at IS NULL) unread
       LEFT JOIN (SELECT status, currency, count(*)::int AS n FROM projects
                   WHERE ${partyColumn(user)} = :user GROUP BY 1, 2) own ON true`,
    { user: user.id } as never
  )
  const projects = { draft: 0, active: 0, completed: 0, cancelled: 0, disputed: 0 }
  const currencies = new Set<Currency>()
  for (const { status, currency, n } of rows) {
    if (!status) continue
    projects[status] += n
    currencies.add(currency)
  }
  return { projects, currencies: [...currencies].sort(), unread: rows[0].unread, now: rows[0].now }
}
