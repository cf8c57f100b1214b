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
    SELECT 'approval' AS subject, id, kind AS state, amount, currency, proposed_at AS at
      FROM approvals WHERE status = 'proposed'`,
  dispute: `
    SELECT 'dispute', d.id, d.status, coalesce(a.balance, 0), d.currency,
           CASE d.status WHEN 'open' THEN d.respond_by WHEN 'negotiating' THEN d.negotiate_until
             ELSE d.escalated_at END
      FROM disputes d
      LEFT JOIN ledger_accounts a
        ON a.name = 'escrow:' || d.milestone_id AND a.currency = d.currency AND a.stripe = 0
     WHERE d.status IN ('open', 'negotiating', 'escalated', 'decided')`,
  chargeback: `
    SELECT 'chargeback', id, state, amount, currency, evidence_due_by
      FROM chargebacks
     WHERE closed_at IS NULL AND evidence_due_by IS NOT NULL AND evidence_submitted_at IS NULL
       AND state IN ('inquiry', 'needs_response')`,
  hold: `
    SELECT 'milestone', milestone_id, 'held', held, currency, until FROM (${HOLD_LIMITS}) limits`,
}

/**
 * What waits for somebody, by when it is due: proposals for a second person, disputes, evidence for
 * chargebacks, and held money that its rail will soon neither refund nor hold. Two queries.
 */
export async function readDue() {
  const days = await setting(db, 'hold_warning_days')
  const parts = Object.entries(KINDS).map(
    ([kind, what]) => `
      (SELECT '${kind}' AS kind, subject, id, state, amount::bigint AS amount, currency::text AS currency, at,
              count(*) OVER ()::int AS total
         FROM (${what}) AS due (subject, id, state, amount, currency, at) ORDER BY at, id LIMIT ${SHOWN})`
  )
  const { rows } = await db.rawQuery<{ rows: (Due & { total: number })[] }>(
    `SELECT *, at <= now() AS "isOver" FROM (${parts.join(' UNION ALL ')}) due ORDER BY at, id`,
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
