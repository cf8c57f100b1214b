import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { moment, money } from '#console/formats'
import { PAGE } from '#console/paging'
import { setting } from '#escrow/settings'
import { notFound } from '#exceptions/problem'
import { formatMinor, isKnownCurrency } from '#ledger/money'
import type { Rail } from '#models/transaction'
import { BLOCKS, inMinorUnits } from '#payments/reconcile/blocking'
import { describeBreak, foreignAmount } from '#payments/reconcile/describe'
import { findBreaks, readRun, type FoundBreak } from '#payments/reconcile/read_runs'
import { offeredRails } from '#payments/registry'
import { cutPage, decodeCursor, type Page } from '#transformers/page'
import {
  CORRECTABLE_ACCOUNTS,
  type BreaksFilters,
  type RunsFilters,
} from '#validators/console/reconciliation'

/** Breaks of a run that are shown with it; the list of open ones has all. */
const SHOWN = 100

interface RunRow {
  id: string
  rail: Rail
  status: string
  period_from: Date
  period_to: Date
  started_at: Date
  seconds: number | null
  provider_rows: bigint
  matched: bigint
  breaks: bigint
  new_breaks: bigint
  resolved_breaks: bigint
}

/** Runs, newest first. One query. */
export async function listRuns(filters: RunsFilters): Promise<Page<RunRow>> {
  const query = db
    .from('reconciliation_runs')
    .select('id', 'rail', 'status', 'period_from', 'period_to', 'started_at', 'provider_rows')
    .select('matched', 'breaks', 'new_breaks', 'resolved_breaks')
    .select(db.raw('extract(epoch FROM finished_at - started_at)::float8 AS seconds'))
    .orderBy('id', 'desc')
    .limit(PAGE + 1)
  if (filters.rail) query.where('rail', filters.rail)
  if (filters.after) query.where('id', '<', decodeCursor(filters.after))
  return cutPage(await query, PAGE)
}

export interface RailState {
  rail: Rail
  open: number
  blocking: number
  lastRun: Date | null
  lastRunId: string | null
  lastBreaks: bigint | null
}

/** How each rail that is offered stands: open breaks, whether they stop its payouts, and when it was last compared. */
export async function readRails(): Promise<RailState[]> {
  const thresholds = await setting(db, 'break_block_threshold')
  const { rows } = await db.rawQuery<{ rows: RailState[] }>(
    `SELECT r.rail, coalesce(b.open, 0) AS open, coalesce(b.blocking, 0) AS blocking,
        l.finished_at AS "lastRun", l.id AS "lastRunId", l.breaks AS "lastBreaks"
       FROM unnest(?::text[]) WITH ORDINALITY AS r (rail, place)
       LEFT JOIN (SELECT b.rail, count(*)::int AS open, count(*) FILTER (WHERE ${BLOCKS})::int AS blocking
                    FROM reconciliation_breaks b WHERE b.resolved_at IS NULL GROUP BY b.rail) b USING (rail)
       LEFT JOIN LATERAL (SELECT id, finished_at, breaks FROM reconciliation_runs u
                    WHERE u.rail = r.rail AND u.status = 'finished' ORDER BY id DESC LIMIT 1) l ON true
      ORDER BY r.place`,
    [offeredRails(), JSON.stringify(inMinorUnits(thresholds))]
  )
  return rows
}

/** A run with its sums, and what weighs most of what it found. A constant number of queries. @throws Problem 404 */
export async function readRunPage(id: string) {
  const run = isUuid(id) && (await readRun(db, id).catch(absent))
  if (!run) throw notFound('run')
  const breaks = await findBreaks(db, {
    run: id,
    limit: SHOWN,
    thresholds: await setting(db, 'break_block_threshold'),
  })
  return { run, breaks: breaks.map(shown), left: Number(run.breaks) - breaks.length, figure }
}

function absent(error: unknown): undefined {
  if (!(error instanceof RangeError)) throw error
}

/** A break as it is listed. */
function shown(found: FoundBreak & { blocking?: boolean }) {
  return {
    ...found,
    text: describeBreak(found),
    at_stake: figure(foreignAmount(found) ?? found.amount, found.currency),
    apart: figure(foreignAmount(found) ?? found.difference, found.currency),
    state: stateOf(found),
  }
}

function stateOf({
  resolved_at: resolved,
  acknowledgements,
  blocking,
}: FoundBreak & { blocking?: boolean }) {
  if (resolved) return 'resolved'
  if (acknowledgements.length > 0) return 'acknowledged'
  return blocking ? 'blocking' : 'open'
}

/** An amount for people; of a currency that nobody knows, its minor units. */
export function figure(minor: bigint | number | string | null | undefined, currency = ''): string {
  if (minor === null || minor === undefined) return ''
  return isKnownCurrency(currency) ? money(minor, currency) : `${minor} ${currency}`.trim()
}

/** Breaks, newest first: those that are open, unless a state is asked for. Two queries. */
export async function listBreaks(filters: BreaksFilters) {
  const found = await findBreaks(db, {
    ...filters,
    before: filters.after && decodeCursor(filters.after),
    limit: PAGE + 1,
    thresholds: await setting(db, 'break_block_threshold'),
  })
  const page = cutPage(found, PAGE)
  return { ...page, rows: page.rows.map(shown) }
}

/** A break with both records, and who acknowledged it. A constant number of queries. @throws Problem 404 */
export async function readBreak(id: string) {
  const thresholds = await setting(db, 'break_block_threshold')
  const [found] = isUuid(id) ? await findBreaks(db, { id, limit: 1, thresholds }) : []
  if (!found) throw notFound('break')
  const { rows } = await db.rawQuery<{
    rows: {
      opened_by: string
      last_seen_by: string
      resolved_by: string | null
      entry_id: bigint | null
    }[]
  }>(
    `SELECT b.opened_by, b.last_seen_by, b.resolved_by,
        (SELECT e.id FROM journal_entries e WHERE e.reference = b.details #>> '{ledger,reference}') AS entry_id
       FROM reconciliation_breaks b WHERE b.id = ?`,
    [id]
  )
  const { provider, ledger } = found.details
  return {
    found: shown(found),
    ...rows[0],
    sides: [
      ['Provider', provider],
      ['Ledger', ledger],
    ].map(([title, side]) => ({ title, facts: factsOf(side as Side) })),
    acknowledgements: await namesOf(found.acknowledgements),
    approvals: await correctionsOf(id),
    accounts: CORRECTABLE_ACCOUNTS,
    decimal: isKnownCurrency(found.currency) ? formatMinor(found.amount, found.currency) : '',
    figure,
  }
}

/** Entries that were proposed to settle a break, newest first, and what was posted by them. One query. */
async function correctionsOf(breakId: string) {
  const { rows } = await db.rawQuery(
    `SELECT a.id, a.status, a.amount, a.currency, a.proposed_at, e.id AS entry_id, e.reference
       FROM approvals a
       LEFT JOIN journal_entries e
         ON e.reference = 'correction:' || a.id || coalesce(':' || nullif(a.content ->> 'explains', ''), '')
      WHERE a.subject_type = 'break' AND a.subject_id = ? AND a.status IN ('proposed', 'approved')
      ORDER BY a.id DESC`,
    [breakId]
  )
  return rows
}

type Side = FoundBreak['details']['provider'] | FoundBreak['details']['ledger']

const IN_MINOR_UNITS = new Set(['amount', 'fee', 'net'])

/** In the order in which both sides are compared. */
const FACTS = [
  'id',
  'last_id',
  'reference',
  'last_reference',
  'account',
  'type',
  'amount',
  'fee',
  'net',
]

/** What one side says, label by label. */
function factsOf(side: Side): { label: string; value: string }[] {
  const place = (label: string) => (FACTS.includes(label) ? FACTS.indexOf(label) : FACTS.length)
  return Object.entries(side ?? {})
    .filter(([label, value]) => label !== 'currency' && value !== null && value !== undefined)
    .toSorted(([one], [other]) => place(one) - place(other))
    .map(([label, value]) => ({ label, value: shownFact(label, value, side?.currency) }))
}

function shownFact(label: string, value: string | number, currency?: string): string {
  if (IN_MINOR_UNITS.has(label)) return figure(value, currency)
  return label.endsWith('at') ? `${moment(String(value))} UTC` : String(value)
}

/** Staff acknowledges as `staff:<id>`; people at the command line under whatever name they gave. */
async function namesOf(acknowledgements: FoundBreak['acknowledgements']) {
  const ids = acknowledgements.flatMap(({ by }) => (by.startsWith('staff:') ? [by.slice(6)] : []))
  const rows = await db
    .from('staff')
    .whereIn(
      'id',
      ids.filter((id) => isUuid(id))
    )
    .select('id', 'name')
  const names = new Map(rows.map(({ id, name }) => [`staff:${id}`, name]))
  return acknowledgements.map((each) => ({ ...each, by: names.get(each.by) ?? each.by }))
}
