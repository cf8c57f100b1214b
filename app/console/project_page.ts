import { validate as isUuid } from 'uuid'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { money } from '#console/formats'
import { accountPage, pageOf } from '#console/links'
import { predicateOf } from '#console/project_sentences'
import { readLines } from '#console/timeline'
import { nameOf } from '#console/users_page'
import { FROZEN_MILESTONE } from '#escrow/chargebacks/frozen'
import { owedOfProject } from '#escrow/owed_refunds'
import { notFound } from '#exceptions/problem'
import { accounts } from '#ledger/chart_of_accounts'
import { escrowTotalsOfProject } from '#ledger/balances'
import { InvalidAmount, Money } from '#ledger/money'

/**
 * A project as one story. Nine queries, however long it is.
 *
 * @param after where the page of its timeline begins
 */
export async function readProject(client: QueryClientContract, id: string, after?: string) {
  if (!isUuid(id)) throw notFound('project')
  const many = async <Row>(sql: string, times = 1) => {
    const { rows } = await client.rawQuery<{ rows: Row[] }>(
      sql,
      Array.from({ length: times }, () => id)
    )
    return rows
  }
  const [project] = await many<ProjectFacts>(FACTS)
  if (!project) throw notFound('project')
  const [totals, owed, milestones, postings, files, disputes, timeline] = await Promise.all([
    escrowTotalsOfProject(client, id),
    owedOfProject(client, id, project.currency),
    many<MilestoneRow>(MILESTONES),
    many<PostingRow>(POSTINGS),
    many<FileRow>(FILES, 2),
    many<DisputeRow>(DISPUTES),
    readLines<LineRow>(client, TIMELINE, Array(8).fill(id), after),
  ])
  const totalsOf = new Map(totals.milestones.map((each) => [each.milestoneId, each]))
  return {
    project,
    totals,
    owed,
    disputes,
    milestones: milestones.map((milestone) => ({
      ...milestone,
      totals: totalsOf.get(milestone.id),
      account: accountPage(accounts.escrow(milestone.id), milestone.currency),
      postings: postings.filter((posting) => posting.milestone_id === milestone.id),
      files: files.filter((file) => file.milestone_id === milestone.id),
    })),
    timeline: { ...timeline, rows: timeline.rows.map(lineOf) },
  }
}

/** The project of a milestone, whose page has all of it. */
export async function projectOfMilestone(client: QueryClientContract, id: string): Promise<string> {
  const row = isUuid(id)
    ? await client.from('milestones').where('id', id).select('project_id').first()
    : undefined
  if (!row) throw notFound('milestone')
  return row.project_id
}

interface ProjectFacts {
  id: string
  title: string
  description: string
  status: string
  total_amount: bigint
  currency: string
  deadline: Date
  created_at: Date
  platform_fee_bps: number | null
  inspection_days: number | null
  client_id: string
  client: string
  freelancer_id: string | null
  freelancer: string | null
  messages: number
  last_message_at: Date | null
  invited: string | null
}
const FACTS = `
  SELECT p.id, p.title, p.description, p.status, p.total_amount, p.currency, p.deadline, p.created_at,
         p.platform_fee_bps, p.inspection_days, p.client_id, ${nameOf('c')} AS client,
         p.freelancer_id, CASE WHEN f.id IS NOT NULL THEN ${nameOf('f')} END AS freelancer,
         (SELECT count(*)::int FROM messages m WHERE m.project_id = p.id) AS messages,
         (SELECT max(m.created_at) FROM messages m WHERE m.project_id = p.id) AS last_message_at,
         (SELECT i.email FROM invitations i WHERE i.project_id = p.id AND i.status = 'pending') AS invited
    FROM projects p JOIN users c ON c.id = p.client_id LEFT JOIN users f ON f.id = p.freelancer_id
   WHERE p.id = ?`

interface MilestoneRow {
  id: string
  title: string
  description: string
  amount: bigint
  currency: string
  due_date: Date
  status: string
  funded_at: Date | null
  auto_approve_at: Date | null
  closed_at: Date | null
  closed_reason: string | null
  submissions: number
  frozen: boolean
}
const MILESTONES = `
  SELECT m.id, m.title, m.description, m.amount, m.currency, m.due_date, m.status, m.funded_at,
         m.auto_approve_at, m.closed_at, m.closed_reason,
         (SELECT count(*)::int FROM submissions s WHERE s.milestone_id = m.id) AS submissions,
         m.closed_at IS NULL AND (${FROZEN_MILESTONE} OR EXISTS (SELECT FROM disputes x
           WHERE x.milestone_id = m.id AND x.closed_at IS NULL)) AS frozen
    FROM milestones m WHERE m.project_id = ? ORDER BY m.due_date, m.id`

interface PostingRow {
  milestone_id: string
  entry_id: bigint
  kind: string
  direction: 'debit' | 'credit'
  amount: bigint
  currency: string
  balance_after: bigint
  event_at: Date
}
const POSTINGS = `
  SELECT m.id AS milestone_id, e.id AS entry_id, e.kind, e.event_at, p.direction, p.amount, p.currency,
         p.balance_after
    FROM milestones m
    JOIN ledger_accounts a ON a.name = 'escrow:' || m.id AND a.currency = m.currency
    JOIN postings p ON p.account_id = a.id
    JOIN journal_entries e ON e.id = p.entry_id
   WHERE m.project_id = ? ORDER BY m.id, p.account_seq LIMIT 1000`

interface FileRow {
  id: string
  kind: 'deliverable' | 'evidence'
  milestone_id: string
  name: string
  size: number
  content_type: string
  scan_status: string
  uploaded_by: string
  created_at: Date
}
const FILES = `
  SELECT d.id, 'deliverable' AS kind, d.milestone_id, d.name, d.size, d.content_type, d.scan_status,
         ${nameOf('u')} AS uploaded_by, d.created_at
    FROM deliverables d JOIN milestones m ON m.id = d.milestone_id JOIN users u ON u.id = d.uploaded_by
   WHERE m.project_id = ?
  UNION ALL
  SELECT v.id, 'evidence', x.milestone_id, v.name, v.size, v.content_type, v.scan_status,
         ${nameOf('u')}, v.created_at
    FROM dispute_evidence v JOIN disputes x ON x.id = v.dispute_id
    JOIN milestones m ON m.id = x.milestone_id JOIN users u ON u.id = v.uploaded_by
   WHERE m.project_id = ?
   ORDER BY created_at, id LIMIT 1000`

interface DisputeRow {
  id: string
  milestone_id: string
  milestone: string
  status: string
  asked_amount: bigint
  currency: string
  created_at: Date
}
const DISPUTES = `
  SELECT d.id, d.milestone_id, m.title AS milestone, d.status, d.asked_amount, d.currency, d.created_at
    FROM disputes d JOIN milestones m ON m.id = d.milestone_id
   WHERE m.project_id = ? ORDER BY d.id DESC LIMIT 100`

interface LineRow {
  at: Date
  key: string
  action: string
  actor: string
  subject_type: string
  subject_id: string
  milestone_id: string | null
  milestone: string | null
  details: Record<string, unknown>
}

/** Activity, chargebacks and what staff did. */
const TIMELINE = `
  WITH ours AS (
    SELECT 'project' AS type, ?::uuid AS id
    UNION ALL SELECT 'milestone', id FROM milestones WHERE project_id = ?
    UNION ALL SELECT 'transaction', t.id FROM transactions t JOIN escrow_accounts e ON e.id = t.escrow_account_id
      WHERE e.project_id = ?
    UNION ALL SELECT 'dispute', d.id FROM disputes d JOIN milestones m ON m.id = d.milestone_id WHERE m.project_id = ?
    UNION ALL SELECT 'evidence', v.id FROM dispute_evidence v JOIN disputes d ON d.id = v.dispute_id
      JOIN milestones m ON m.id = d.milestone_id WHERE m.project_id = ?
    UNION ALL SELECT 'deliverable', d.id FROM deliverables d JOIN milestones m ON m.id = d.milestone_id
      WHERE m.project_id = ?
  ), lines AS (
    SELECT a.at, a.id::text AS key, a.action, a.subject_type, a.subject_id::text, a.milestone_id, a.details,
           CASE a.actor_type WHEN 'user' THEN coalesce(${nameOf('u')}, 'Somebody')
             WHEN 'staff' THEN coalesce(s.name, 'Staff')
             WHEN 'provider' THEN 'The payment provider' ELSE 'SafeSend' END AS actor
      FROM activity a
      LEFT JOIN users u ON a.actor_type = 'user' AND u.id = a.actor_id
      LEFT JOIN staff s ON a.actor_type = 'staff' AND s.id = a.actor_id
     WHERE a.project_id = ?
    UNION ALL
    SELECT moment.at, c.id || ':' || moment.action, moment.action, 'chargeback', c.id::text, NULL,
           jsonb_build_object('amount_minor', c.amount::text, 'currency', c.currency,
             'reason', CASE moment.action WHEN 'chargeback.opened' THEN c.reason ELSE c.state END),
           'The payer''s bank'
      FROM escrow_accounts e JOIN transactions t ON t.escrow_account_id = e.id
      JOIN chargebacks c ON c.deposit_id = t.id,
      LATERAL (VALUES (c.opened_at, 'chargeback.opened'), (c.closed_at, 'chargeback.closed'))
        AS moment (at, action)
     WHERE e.project_id = ? AND moment.at IS NOT NULL
    UNION ALL
    SELECT l.at, l.id::text, l.action, l.target_type, l.target_id, NULL, '{}',
           coalesce(s.name, CASE l.actor_type WHEN 'operator' THEN 'An operator' ELSE 'SafeSend' END)
      FROM ours JOIN audit_log l ON l.target_type = ours.type AND l.target_id = ours.id::text
      LEFT JOIN staff s ON s.id = l.actor_id
  )
  SELECT lines.*, m.title AS milestone FROM lines LEFT JOIN milestones m ON m.id = lines.milestone_id`

/** One sentence: who did what, over how much, for which milestone. */
function lineOf(row: LineRow) {
  const { details } = row
  const amount = amountOf(details)
  const reason = details.reason ?? details.note ?? details.message
  return {
    at: row.at,
    key: row.key,
    sentence: `${row.actor} ${predicateOf(row.action)}${amount ? `: ${amount}` : ''}.`,
    milestone: row.milestone,
    milestoneId: row.milestone_id,
    reason: typeof reason === 'string' ? reason : undefined,
    subject: row.subject_type,
    href: ON_THIS_PAGE.includes(row.subject_type)
      ? undefined
      : pageOf(row.subject_type, row.subject_id),
  }
}

const ON_THIS_PAGE = ['project', 'milestone', 'deliverable']

/** For people. Activity has amounts as decimals, tables have minor units. */
function amountOf({ amount, amount_minor: minor, currency }: Record<string, unknown>) {
  if (typeof currency !== 'string') return undefined
  if (typeof minor === 'string') return money(minor, currency)
  if (typeof amount !== 'string') return undefined
  try {
    return money(Money.parse(amount, currency).minor, currency)
  } catch (error) {
    if (error instanceof InvalidAmount) return undefined
    throw error
  }
}
