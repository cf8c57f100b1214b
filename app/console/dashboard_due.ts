import db from '@adonisjs/lucid/services/db'
import { setting } from '#escrow/settings'
import { HOLD_LIMITS } from '#escrow/warn_of_hold_limits'

/** Of each kind, the most urgent are shown; the others are counted. */
const SHOWN = 5

type DueKind = 'approval' | 'dispute' | 'chargeback' | 'hold'

/** What each is called. */
export const DUE_KINDS: Record<DueKind, string> = {
  approval: 'Approval',
  dispute: 'Dispute',
  chargeback: 'Chargeback',
  hold: 'Hold limit',
}

export interface Due {
  kind: DueKind
  /** What has the page, and its id. */
  subject: string
  id: string
  /** Of what it is about, where that belongs to a project; and of the milestone, if it is about one. */
  project: string | null
  milestone: string | null
  /** The state, or what is proposed. */
  state: string
  /** Minor units. */
  amount: bigint
  currency: string
  /** Until when; of what waits for staff, since when. */
  at: Date
  isOver: boolean
}

const KINDS: Record<DueKind, string> = {
  approval: `
    SELECT 'approval' AS subject, id, subject_type, subject_id, kind AS state, amount, currency, proposed_at AS at
      FROM approvals WHERE status = 'proposed'`,
  dispute: `
    SELECT 'dispute', d.id, 'dispute', d.id, d.status, coalesce(a.balance, 0), d.currency, d.escalated_at
      FROM disputes d
      LEFT JOIN ledger_accounts a
        ON a.name = 'escrow:' || d.milestone_id AND a.currency = d.currency AND a.stripe = 0
     WHERE d.status = 'escalated'`,
  chargeback: `
    SELECT 'chargeback', id, 'chargeback', id, state, amount, currency, evidence_due_by
      FROM chargebacks
     WHERE closed_at IS NULL AND evidence_due_by IS NOT NULL AND evidence_submitted_at IS NULL
       AND state IN ('inquiry', 'needs_response')`,
  hold: `
    SELECT 'milestone', milestone_id, 'milestone', milestone_id, 'held', held, currency, until FROM (${HOLD_LIMITS}) limits`,
}

/**
 * What waits for staff, by when it is due: proposals for a second person (which a decided dispute is), disputes
 * that are with us, evidence for chargebacks, and held money that its rail will soon neither refund nor hold. Two queries.
 */
export async function readDue() {
  const days = await setting(db, 'hold_warning_days')
  const parts = Object.entries(KINDS).map(
    ([kind, what]) => `
      (SELECT '${kind}' AS kind, subject, id, about, about_id, state, amount::bigint AS amount, currency::text AS currency, at,
              count(*) OVER ()::int AS total
         FROM (${what}) AS due (subject, id, about, about_id, state, amount, currency, at) ORDER BY at, id LIMIT ${SHOWN})`
  )
  const { rows } = await db.rawQuery<{ rows: (Due & { total: number })[] }>(
    `SELECT due.*, at <= now() AS "isOver", p.title AS project, m.title AS milestone
       FROM (${parts.join(' UNION ALL ')}) due
       LEFT JOIN disputes d ON about = 'dispute' AND d.id = about_id
       LEFT JOIN chargebacks c ON about = 'chargeback' AND c.id = about_id
       LEFT JOIN transactions t ON t.id = coalesce(c.deposit_id, CASE about WHEN 'transaction' THEN about_id END)
       LEFT JOIN escrow_accounts e ON e.id = t.escrow_account_id
       LEFT JOIN milestones m
         ON m.id = coalesce(d.milestone_id, CASE about WHEN 'milestone' THEN about_id END, t.milestone_id)
       LEFT JOIN projects p ON p.id = coalesce(m.project_id, e.project_id)
      ORDER BY at, due.id`,
    [days]
  )
  const count = (kind: DueKind) => rows.find((row) => row.kind === kind)?.total ?? 0
  return {
    due: rows as Due[],
    counts: {
      approvals: count('approval'),
      disputes: count('dispute'),
      chargebacks: count('chargeback'),
      holds: count('hold'),
    },
  }
}
