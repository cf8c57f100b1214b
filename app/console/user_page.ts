import { validate as isUuid } from 'uuid'
import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { nameOf, stateOf } from '#console/users_page'
import { accountPage } from '#console/links'
import { whyOf } from '#console/payout_words'
import { whatCameBack } from '#console/returned_payouts'
import { maskDestination } from '#console/mask'
import { notFound } from '#exceptions/problem'

/** Rows of each part of a user's page; what is older is found by the lists that it links to. */
const SHOWN = 25

/** What a user's page shows. Each part is one query, however much there is. */
export async function readUser(client: QueryClientContract, id: string) {
  if (!isUuid(id)) throw notFound('user')
  const many = async <Row>(sql: string, times = 1) => {
    const { rows } = await client.rawQuery<{ rows: Row[] }>(
      sql,
      Array.from({ length: times }, () => id)
    )
    return rows
  }
  const [user] = await many<UserFacts>(FACTS)
  if (!user) throw notFound('user')
  const [
    sessions,
    payoutAccounts,
    projects,
    balances,
    payouts,
    notifications,
    security,
    suspension,
  ] = await Promise.all([
    many<SessionRow>(SESSIONS),
    many<PayoutAccountRow>(PAYOUT_ACCOUNTS),
    many<ProjectRow>(PROJECTS, 2),
    many<BalanceRow>(BALANCES, 4),
    many<PayoutRow>(PAYOUTS),
    many<NotificationRow>(NOTIFICATIONS),
    many<SecurityRow>(SECURITY, 6),
    many<AuditRow>(`${AUDIT} AND l.action IN ('user.suspended', 'user.let_back') ${LAST}`),
  ])
  return {
    user,
    sessions,
    payoutAccounts: payoutAccounts.map((account) => ({
      ...account,
      destination: account.destination && maskDestination(account.destination),
    })),
    projects,
    balances: balances.map((balance) => ({
      ...balance,
      href: accountPage(balance.name, balance.currency),
      label: BALANCE_LABELS[balance.kind] ?? balance.kind,
    })),
    payouts: payouts.map((payout) => ({ ...payout, why: whyOf(payout) })),
    notifications,
    security,
    suspension: user.state === 'suspended' ? suspension[0] : undefined,
  }
}

/** What staff did with a user, for who may read the audit log. One query. */
export async function readUserAudit(client: QueryClientContract, id: string): Promise<AuditRow[]> {
  const { rows } = await client.rawQuery<{ rows: AuditRow[] }>(`${AUDIT} ${LAST}`, [id])
  return rows
}

const BALANCE_LABELS: Record<string, string> = {
  payable: 'To be paid out',
  refund_payable: 'Refunds still owed',
  unapplied: 'Came in for nothing that is left',
  freelancer_receivable: 'Owes us',
}

interface UserFacts {
  id: string
  name: string
  email: string
  role: string
  state: string
  is_verified: boolean
  has_password: boolean
  created_at: Date
  suspended_at: Date | null
  erased_at: Date | null
  bio: string | null
  skills: string[] | null
  hourly_rate: string | null
  hourly_rate_currency: string | null
  portfolio_url: string | null
  mfa_since: Date | null
  recovery_codes_left: number
  live_sessions: number
  identities: { provider: string; email: string }[]
}
const FACTS = `
  SELECT u.id, ${nameOf('u')} AS name, u.email, u.user_type AS role, ${stateOf('u')} AS state,
         u.is_verified, u.password IS NOT NULL AS has_password, u.created_at, u.suspended_at, u.erased_at,
         pr.bio, pr.skills, pr.hourly_rate::text, pr.hourly_rate_currency, pr.portfolio_url,
         mfa.confirmed_at AS mfa_since,
         (SELECT count(*)::int FROM mfa_recovery_codes c WHERE c.user_id = u.id AND c.used_at IS NULL)
           AS recovery_codes_left,
         (SELECT count(*)::int FROM sessions s
           WHERE s.user_id = u.id AND s.revoked_at IS NULL AND s.expires_at > now()) AS live_sessions,
         coalesce((SELECT jsonb_agg(jsonb_build_object('provider', i.provider, 'email', i.email) ORDER BY i.id)
           FROM identities i WHERE i.user_id = u.id), '[]') AS identities
    FROM users u
    LEFT JOIN profiles pr ON pr.user_id = u.id
    LEFT JOIN mfa_authenticators mfa ON mfa.user_id = u.id
   WHERE u.id = ?`

interface SessionRow {
  id: string
  ip: string | null
  user_agent: string | null
  created_at: Date
  last_used_at: Date
  /** 'active', 'expired', or why it ended. */
  state: string
  ended_at: Date | null
}
const SESSIONS = `
  SELECT id, host(ip) AS ip, user_agent, created_at, last_used_at,
         CASE WHEN revoked_at IS NOT NULL THEN revoked_reason
              WHEN expires_at <= now() THEN 'expired' ELSE 'active' END AS state,
         coalesce(revoked_at, CASE WHEN expires_at <= now() THEN expires_at END) AS ended_at
    FROM sessions WHERE user_id = ? ORDER BY id DESC LIMIT ${SHOWN}`

interface PayoutAccountRow {
  id: string
  payment_provider: string
  destination: string
  country: string
  status: string
  is_default: boolean
  requirements: string[]
  created_at: Date
  deleted_at: Date | null
}
const PAYOUT_ACCOUNTS = `
  SELECT id, payment_provider, destination, country, status, is_default, requirements, created_at, deleted_at
    FROM payout_accounts WHERE user_id = ? ORDER BY id DESC LIMIT ${SHOWN}`

interface ProjectRow {
  id: string
  title: string
  status: string
  total_amount: bigint
  currency: string
  side: string
  created_at: Date
}
const PROJECTS = `
  SELECT p.id, p.title, p.status, p.total_amount, p.currency, p.created_at,
         CASE WHEN p.client_id = v.id THEN 'client' ELSE 'freelancer' END AS side
    FROM (SELECT ?::uuid AS id) v, LATERAL (
      SELECT * FROM projects WHERE client_id = v.id OR freelancer_id = ? ORDER BY id DESC LIMIT ${SHOWN}) p`

interface BalanceRow {
  name: string
  kind: string
  currency: string
  balance: bigint
}
const BALANCES = `
  SELECT name, kind, currency, sum(balance)::bigint AS balance FROM ledger_accounts
   WHERE name IN ('payable:' || ?, 'refund_payable:' || ?, 'unapplied:' || ?, 'freelancer_receivable:' || ?)
   GROUP BY name, kind, currency ORDER BY kind, currency`

interface PayoutRow {
  id: string
  amount: bigint
  currency: string
  state: string
  unclaimed: boolean
  not_before: Date
  wait_reason: string
  failure_code: string
  failure_message: string
  payment_provider: string
  created_at: Date
  completed_at: Date | null
  returned_amount: bigint
  repaid: bigint | null
  left_over: bigint | null
}
const PAYOUTS = `
  SELECT t.id, t.amount, t.currency, p.state, p.unclaimed, p.not_before, t.wait_reason, t.failure_code, t.failure_message, t.payment_provider,
         t.created_at, t.completed_at, p.returned_amount, back.repaid, back.left_over
    FROM payouts p JOIN transactions t ON t.id = p.transaction_id ${whatCameBack('p', 't')}
   WHERE p.user_id = ? ORDER BY p.transaction_id DESC LIMIT ${SHOWN}`

interface NotificationRow {
  id: string
  kind: string
  title: string
  created_at: Date
  read_at: Date | null
}
const NOTIFICATIONS = `
  SELECT id, kind, title, created_at, read_at FROM notifications
   WHERE user_id = ? ORDER BY seq DESC LIMIT ${SHOWN}`

interface SecurityRow {
  at: Date
  what: string
  detail: string
}
const SECURITY = `
  SELECT at, what, detail FROM (
    SELECT created_at AS at, 'Signed in' AS what, coalesce(host(ip), '') AS detail
      FROM sessions WHERE user_id = ?
    UNION ALL
    SELECT revoked_at, 'Session ended', replace(revoked_reason, '_', ' ')
      FROM sessions WHERE user_id = ? AND revoked_at IS NOT NULL
    UNION ALL
    SELECT created_at, 'Link mailed', replace(purpose, '_', ' ')
      FROM single_use_tokens WHERE user_id = ?
    UNION ALL
    SELECT coalesce(changed_at, cancelled_at, created_at),
           CASE WHEN changed_at IS NOT NULL THEN 'E-mail address changed'
                WHEN cancelled_at IS NOT NULL THEN 'Change of e-mail address taken back'
                ELSE 'Change of e-mail address begun' END, old_email || ' to ' || new_email
      FROM email_changes WHERE user_id = ?
    UNION ALL
    SELECT at, 'Second factor reset by staff', '' FROM audit_log
     WHERE target_type = 'user' AND target_id = ?::text AND action = 'user.second_factor_reset'
    UNION ALL
    SELECT accepted_at, 'Terms of use accepted', version FROM terms_acceptances WHERE user_id = ?
  ) history ORDER BY at DESC LIMIT ${SHOWN}`

export interface AuditRow {
  id: string
  at: Date
  action: string
  actor: string
  reason: string | null
}
const AUDIT = `
  SELECT l.id, l.at, l.action, w.reason,
         coalesce(st.name, nullif(w.operator, ''), l.actor_type) AS actor
    FROM audit_log l
    LEFT JOIN audit_words w ON w.audit_id = l.id
    LEFT JOIN staff st ON st.id = l.actor_id
   WHERE l.target_type = 'user' AND l.target_id = ?`
const LAST = `ORDER BY l.id DESC LIMIT ${SHOWN}`
