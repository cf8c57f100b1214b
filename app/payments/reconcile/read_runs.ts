import type { BreakKind } from '#payments/reconcile/breaks'
import {
  BLOCKS,
  inMinorUnits,
  type BlockThresholds,
  type Client,
} from '#payments/reconcile/blocking'
import { RAILS, type Rail } from '#models/transaction'

/** Sums of one currency, minor units; see docs/reconciliation.md for what has to add up to what. */
export interface RunTotals {
  currency: string
  provider_moved: bigint
  ledger_moved: bigint
  moved_breaks: bigint
  moved_in_flight: bigint
  moved_timing: bigint
  moved_remainder: bigint
  /** This and what follows: null if the run could not compare balances. */
  provider_balance: bigint | null
  clearing_balance: bigint | null
  balance_breaks: bigint | null
  balance_in_flight: bigint | null
  balance_remainder: bigint | null
  balance_uncertain: bigint | null
}

export interface Run {
  id: string
  rail: Rail
  period_from: Date
  period_to: Date
  as_of: Date
  status: 'running' | 'finished' | 'failed'
  provider_rows: bigint
  ledger_entries: bigint
  matched: bigint
  breaks: bigint
  new_breaks: bigint
  resolved_breaks: bigint
  error: string
  started_at: Date
  finished_at: Date | null
  totals: RunTotals[]
  /** How many breaks of each kind it found. */
  kinds: Partial<Record<BreakKind, number>>
}

interface Side {
  currency?: string
  amount?: string
  fee?: string
  net?: string
  at?: string
}

/**
 * One side of a break as it was found: amounts in minor units of its currency, as text. Of a currency that
 * we cannot count in it is what the provider wrote.
 */
export interface BreakDetails {
  provider?: Side & {
    id: string
    last_id?: string
    type: string
    rows?: number
    available_at?: string
  }
  ledger?: Side & {
    account?: string
    reference?: string
    last_reference?: string
    entries?: number
  }
  transaction_status?: string
}

export interface FoundBreak {
  id: string
  rail: Rail
  kind: BreakKind
  subject: string
  currency: string
  /** Minor units, provider less ledger. */
  difference: bigint
  /** Minor units at stake. */
  amount: bigint
  details: BreakDetails
  transaction_id: string | null
  happened_at: Date
  opened_at: Date
  resolved_at: Date | null
  acknowledgements: { by: string; reason: string; at: string }[]
}

const BREAK_COLUMNS = `
  b.id, b.rail, b.kind, b.subject, b.currency, b.difference, b.amount, b.details, b.transaction_id, b.happened_at,
  b.opened_at, b.resolved_at,
  coalesce((
    SELECT jsonb_agg(jsonb_build_object('by', k.acknowledged_by, 'reason', k.reason, 'at', k.created_at) ORDER BY k.id)
      FROM reconciliation_acknowledgements k WHERE k.break_id = b.id
  ), '[]') AS acknowledgements`

/** A run with its sums. @throws RangeError if there is no such run */
export async function readRun(client: Client, id: string): Promise<Run> {
  const { rows } = await client.rawQuery<{ rows: Omit<Run, 'totals' | 'kinds'>[] }>(
    `SELECT id, rail, period_from, period_to, as_of, status, provider_rows, ledger_entries, matched, breaks,
        new_breaks, resolved_breaks, error, started_at, finished_at
      FROM reconciliation_runs WHERE id = ?`,
    [id]
  )
  if (rows.length === 0) throw new RangeError(`There is no reconciliation run ${id}`)
  const totals = await client.rawQuery<{ rows: RunTotals[] }>(
    `SELECT currency, provider_moved, ledger_moved, moved_breaks, moved_in_flight, moved_timing, moved_remainder,
        provider_balance, clearing_balance, balance_breaks, balance_in_flight, balance_remainder, balance_uncertain
      FROM reconciliation_totals WHERE run_id = ? ORDER BY currency`,
    [id]
  )
  const kinds = await client.rawQuery<{ rows: { kind: BreakKind; count: bigint }[] }>(
    `SELECT b.kind, count(*) AS count
      FROM reconciliation_findings f JOIN reconciliation_breaks b ON b.id = f.break_id
      WHERE f.run_id = ? GROUP BY b.kind ORDER BY b.kind`,
    [id]
  )
  return {
    ...rows[0],
    totals: totals.rows,
    kinds: Object.fromEntries(kinds.rows.map(({ kind, count }) => [kind, Number(count)])),
  }
}

/** What a run found, what weighs most first. */
export async function breaksOfRun(
  client: Client,
  runId: string,
  limit: number
): Promise<FoundBreak[]> {
  const { rows } = await client.rawQuery<{ rows: FoundBreak[] }>(
    `SELECT ${BREAK_COLUMNS}
      FROM reconciliation_findings f JOIN reconciliation_breaks b ON b.id = f.break_id
      WHERE f.run_id = ? ORDER BY b.kind = 'foreign_currency' DESC, b.amount DESC, b.id LIMIT ?`,
    [runId, limit]
  )
  return rows
}

/** What is open now, oldest first. */
export async function openBreaks(
  client: Client,
  { rail, limit }: { rail?: Rail; limit: number }
): Promise<FoundBreak[]> {
  const { rows } = await client.rawQuery<{ rows: FoundBreak[] }>(
    `SELECT ${BREAK_COLUMNS} FROM reconciliation_breaks b
      WHERE b.resolved_at IS NULL AND b.rail = ANY (?)
      ORDER BY b.opened_at, b.id LIMIT ?`,
    [rail ? [rail] : [...RAILS], limit]
  )
  return rows
}

export interface WhichBreaks {
  id?: string
  /** Only what this run found, resolved or not; what weighs most first. */
  run?: string
  rail?: Rail
  kind?: BreakKind
  /** Without one, all that are open in whatever way. */
  state?: 'open' | 'blocking' | 'acknowledged' | 'resolved'
  /** Only those found before this one. */
  before?: string
  limit: number
  thresholds: BlockThresholds
}

/** Of breaks that were found, as SQL. */
const IN_STATE = {
  unresolved: 'resolved_at IS NULL',
  open: `resolved_at IS NULL AND acknowledgements = '[]' AND NOT blocking`,
  blocking: 'blocking',
  acknowledged: `resolved_at IS NULL AND acknowledgements <> '[]'`,
  resolved: 'resolved_at IS NOT NULL',
}

/** Breaks and whether they stop payouts, newest first; one by its id also when it is resolved. */
export async function findBreaks(
  client: Client,
  { id, run, rail, kind, state, before, limit, thresholds }: WhichBreaks
): Promise<(FoundBreak & { blocking: boolean })[]> {
  const wanted: [condition: string, value: string | undefined][] = [
    ['b.id = ?', id],
    ['b.id IN (SELECT break_id FROM reconciliation_findings WHERE run_id = ?)', run],
    ['b.rail = ?', rail],
    ['b.kind = ?', kind],
    ['b.id < ?', before],
  ]
  const given = wanted.filter(([, value]) => value !== undefined)
  const { rows } = await client.rawQuery<{ rows: (FoundBreak & { blocking: boolean })[] }>(
    `SELECT * FROM (
       SELECT ${BREAK_COLUMNS}, ${BLOCKS} AS blocking FROM reconciliation_breaks b
        WHERE ${given.map(([condition]) => condition).join(' AND ') || 'true'}) found
      WHERE ${id || run ? 'true' : IN_STATE[state ?? 'unresolved']}
      ORDER BY ${run ? "kind = 'foreign_currency' DESC, amount DESC," : ''} id DESC LIMIT ?`,
    [JSON.stringify(inMinorUnits(thresholds)), ...given.map(([, value]) => value!), limit]
  )
  return rows
}

/** How many breaks are open. */
export async function countOpenBreaks(client: Client, rail?: Rail): Promise<number> {
  const { rows } = await client.rawQuery<{ rows: { count: bigint }[] }>(
    `SELECT count(*) AS count FROM reconciliation_breaks b
      WHERE b.resolved_at IS NULL AND b.rail = ANY (?)`,
    [rail ? [rail] : [...RAILS]]
  )
  return Number(rows[0].count)
}
