import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { nameOf } from '#console/users_page'
import { cutPage, decodeCursor, type Page } from '#transformers/page'
import { endOf, minorOf } from '#validators/console/filters'

const PAGE = 50

export interface ProjectsFilter {
  q?: string
  status?: string
  currency?: string
  /** Of the total, in major units. */
  least?: string
  most?: string
  /** Days of the creation, both included. */
  from?: string
  to?: string
  has?: 'dispute' | 'chargeback' | 'refund_pending'
  user?: string
  after?: string
}

export interface ProjectRow {
  id: string
  title: string
  status: string
  client_id: string
  client: string
  freelancer_id: string | null
  freelancer: string | null
  total_amount: bigint
  currency: string
  /** In the ledger, for all milestones. */
  held: bigint
  disputed: boolean
  charged_back: boolean
  refund_pending: boolean
  created_at: Date
}

const TROUBLES = {
  dispute: `EXISTS (SELECT FROM disputes d JOIN milestones m ON m.id = d.milestone_id
    WHERE m.project_id = p.id AND d.closed_at IS NULL)`,
  chargeback: `EXISTS (SELECT FROM escrow_accounts e JOIN transactions t ON t.escrow_account_id = e.id
    JOIN chargebacks c ON c.deposit_id = t.id WHERE e.project_id = p.id AND c.closed_at IS NULL)`,
  refund_pending: `EXISTS (SELECT FROM escrow_accounts e JOIN transactions t ON t.escrow_account_id = e.id
    WHERE e.project_id = p.id AND t.transaction_type = 'refund' AND t.status = 'pending')`,
}

/** Projects, newest first; `q` is a part of the title, or an id. One query. */
export async function readProjects(
  client: QueryClientContract,
  filter: ProjectsFilter
): Promise<Page<ProjectRow>> {
  const conditions = ['true']
  const values: (string | bigint)[] = []
  const where = (sql: string, ...given: (string | bigint)[]) => {
    conditions.push(sql)
    values.push(...given)
  }
  const { q, status, currency, least, most, from, to, has, user, after } = filter
  if (q) where(`(p.title ILIKE ? OR p.id::text = lower(?))`, `%${q.replace(/[\\%_]/g, '\\$&')}%`, q)
  if (status) where('p.status = ?', status)
  if (currency) where('p.currency = ?', currency)
  // An amount that the currency does not have is none that a project could have either.
  if (least) where('p.total_amount >= ?', minorOf(least, currency) ?? -1n)
  if (most) where('p.total_amount <= ?', minorOf(most, currency) ?? -1n)
  if (from) where('p.created_at >= ?::date', from)
  if (to) where('p.created_at < ?::date', endOf(to))
  if (has) where(TROUBLES[has])
  if (user) where('(p.client_id = ? OR p.freelancer_id = ?)', user, user)
  if (after) where('p.id < ?', decodeCursor(after))
  const { rows } = await client.rawQuery<{ rows: ProjectRow[] }>(
    `SELECT p.id, p.title, p.status, p.total_amount, p.currency, p.created_at,
            p.client_id, ${nameOf('c')} AS client,
            p.freelancer_id, CASE WHEN f.id IS NOT NULL THEN ${nameOf('f')} END AS freelancer,
            coalesce((SELECT sum(a.balance) FROM milestones m
              JOIN ledger_accounts a ON a.name = 'escrow:' || m.id
              WHERE m.project_id = p.id), 0)::bigint AS held,
            ${TROUBLES.dispute} AS disputed, ${TROUBLES.chargeback} AS charged_back,
            ${TROUBLES.refund_pending} AS refund_pending
       FROM projects p JOIN users c ON c.id = p.client_id LEFT JOIN users f ON f.id = p.freelancer_id
      WHERE ${conditions.join(' AND ')} ORDER BY p.id DESC LIMIT ${PAGE + 1}`,
    values as string[]
  )
  return cutPage(rows, PAGE)
}
