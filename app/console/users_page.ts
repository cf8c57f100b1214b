import { validate as isUuid } from 'uuid'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { ERASED_NAME } from '#identity/erased'
import { cutPage, decodeCursor, type Page } from '#transformers/page'

const PAGE = 50

/** How the console calls a user `u`, and whether anybody is behind the account. */
export const nameOf = (u: string) => `CASE WHEN ${u}.erased_at IS NOT NULL THEN '${ERASED_NAME}'
  ELSE coalesce(nullif(trim(${u}.first_name || ' ' || ${u}.last_name), ''), ${u}.email) END`
export const stateOf = (u: string) => `CASE WHEN ${u}.erased_at IS NOT NULL THEN 'erased'
  WHEN ${u}.suspended_at IS NOT NULL THEN 'suspended'
  WHEN ${u}.is_verified THEN 'verified' ELSE 'unverified' END`

export interface UsersFilter {
  q?: string
  role?: string
  state?: string
  debt?: 'yes'
  after?: string
}

export interface UserRow {
  id: string
  name: string
  email: string
  role: string
  state: string
  projects: number
  /** What they owe us: minor units by currency. */
  debts: { currency: string; balance: string }[]
  created_at: Date
}

const STATES: Record<string, string> = {
  verified: 'u.is_verified AND u.suspended_at IS NULL AND u.erased_at IS NULL',
  unverified: 'NOT u.is_verified AND u.suspended_at IS NULL AND u.erased_at IS NULL',
  suspended: 'u.suspended_at IS NOT NULL AND u.erased_at IS NULL',
  erased: 'u.erased_at IS NOT NULL',
}
const DEBTS = `FROM ledger_accounts a
  WHERE a.name = 'freelancer_receivable:' || u.id AND a.balance > 0`

/** Users, newest first; `q` is a part of their address or name, or their id. One query. */
export async function readUsers(
  client: QueryClientContract,
  { q, role, state, debt, after }: UsersFilter
): Promise<Page<UserRow>> {
  const conditions = ['true']
  const values: string[] = []
  const where = (sql: string, ...given: string[]) => {
    conditions.push(sql)
    values.push(...given)
  }
  if (q && isUuid(q)) where('u.id = ?', q)
  else if (q) {
    const like = `%${q.replace(/[\\%_]/g, '\\$&')}%`
    where(`(u.email ILIKE ? OR u.first_name || ' ' || u.last_name ILIKE ?)`, like, like)
  }
  if (role) where('u.user_type = ?', role)
  if (state) where(STATES[state])
  if (debt) where(`EXISTS (SELECT ${DEBTS})`)
  if (after) where('u.id < ?', decodeCursor(after))
  const { rows } = await client.rawQuery<{ rows: UserRow[] }>(
    `SELECT u.id, ${nameOf('u')} AS name, u.email, u.user_type AS role, ${stateOf('u')} AS state,
            u.created_at,
            (SELECT count(*)::int FROM projects p
              WHERE p.client_id = u.id OR p.freelancer_id = u.id) AS projects,
            coalesce((SELECT jsonb_agg(jsonb_build_object('currency', a.currency,
              'balance', a.balance::text) ORDER BY a.currency) ${DEBTS}), '[]') AS debts
       FROM users u WHERE ${conditions.join(' AND ')}
      ORDER BY u.id DESC LIMIT ${PAGE + 1}`,
    values
  )
  return cutPage(rows, PAGE)
}
