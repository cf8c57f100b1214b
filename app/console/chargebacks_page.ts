import db from '@adonisjs/lucid/services/db'
import { cutBy, PAGE, readCursor } from '#console/paging'
import type { Page } from '#transformers/page'
import type { ChargebacksFilters } from '#validators/console/chargebacks'

interface ChargebackRow {
  id: string
  rail: string
  state: string
  reason: string
  /** What the payer claims, minor units. */
  amount: bigint
  currency: string
  opened_at: Date
  evidence_due_by: Date | null
  evidence_submitted_at: Date | null
  closed_at: Date | null
  deposit_id: string
  project_id: string
  project_title: string
}

/** Microseconds since 1970, which a cursor holds as they are. Without a deadline it comes after all that have one. */
const DUE = `coalesce((extract(epoch FROM c.evidence_due_by) * 1000000)::bigint, ${2n ** 62n})`

/** Which of them the filter names; those that want evidence are counted on the dashboard, too. */
const SHOW: Record<NonNullable<ChargebacksFilters['show']>, string> = {
  wants_evidence: `c.closed_at IS NULL AND c.evidence_due_by IS NOT NULL AND c.evidence_submitted_at IS NULL
    AND c.state IN ('inquiry', 'needs_response')`,
  open: 'c.closed_at IS NULL',
  over: 'c.closed_at IS NOT NULL',
}

/**
 * Disputes of payers with their banks: those that are open unless others are asked for, what is due first
 * first; those that are over, the newest first. One query.
 */
export async function listChargebacks(filters: ChargebacksFilters): Promise<Page<ChargebackRow>> {
  const isOver = filters.show === 'over'
  const query = db
    .from('chargebacks AS c')
    .joinRaw(
      `JOIN transactions t ON t.id = c.deposit_id
       JOIN escrow_accounts e ON e.id = t.escrow_account_id
       JOIN projects p ON p.id = e.project_id`
    )
    .select('c.id', 'c.rail', 'c.state', 'c.reason', 'c.amount', 'c.currency', 'c.opened_at')
    .select('c.evidence_due_by', 'c.evidence_submitted_at', 'c.closed_at', 'c.deposit_id')
    .select('p.id AS project_id', 'p.title AS project_title', db.raw(`${DUE} AS due_key`))
    .whereRaw(SHOW[filters.show ?? 'open'])
    .orderByRaw(isOver ? 'c.id DESC' : `${DUE}, c.id`)
    .limit(PAGE + 1)
  if (filters.rail) query.where('c.rail', filters.rail)
  if (filters.after) {
    const [due, id] = readCursor(filters.after, /^-?\d{1,19} [0-9a-f-]{36}$/).split(' ')
    if (isOver) query.whereRaw('c.id < ?::uuid', [id])
    else query.whereRaw(`(${DUE}, c.id) > (?::bigint, ?::uuid)`, [due, id])
  }
  return cutBy(
    await query,
    (row: ChargebackRow & { due_key: bigint }) => `${row.due_key} ${row.id}`
  )
}
