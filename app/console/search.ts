import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { validate as isUuid } from 'uuid'
import { accountPage, pageOf } from '#console/links'
import { maskDestination } from '#console/mask'
import { nameOf, stateOf } from '#console/users_page'
import { QUEUE_SCHEMA } from '#jobs/queue'
import { isKnownCurrency } from '#ledger/money'
import type { StaffRole } from '#models/staff'
import { roleMay } from '#staff/roles'
import { minorOf } from '#validators/console/filters'

/** Of one kind are shown at most so many, the newest. */
const MOST = 20

interface HitRow {
  type: string
  id: string
  title: string
  state: string | null
  /** Minor units. */
  amount: string | null
  currency: string | null
  at: Date | null
}

export interface Hit extends HitRow {
  href: string
}

export interface HitGroup {
  type: string
  hits: Hit[]
  /** There may be more than are shown. */
  isCut: boolean
}

/**
 * Finds what somebody has copied from anywhere: an id of ours or of a provider, an e-mail address, where a payout
 * goes, a journal reference, an account of the ledger, or an amount. What is looked for is compared as a whole, so
 * every look-up is one of an index. One statement; a second where the first finds nothing.
 *
 * @param text as it was typed
 * @param role of who looks: what it may not see is not found
 */
export async function search(
  client: QueryClientContract,
  text: string,
  role: StaffRole
): Promise<HitGroup[]> {
  const asked = clean(text)
  if (asked === '') return []
  const found = await run(client, partsFor(asked, role), asked)
  if (found.length > 0 || isUuid(asked)) return grouped(found)
  return grouped(await run(client, [EVENTS_ABOUT], asked))
}

/** Whatever PostgreSQL could not compare with anything, and blanks of copying, are left out. */
function clean(text: string): string {
  const typed = text.toWellFormed().replaceAll('\0', '').trim().slice(0, 200).toWellFormed()
  // As entries and amounts are written elsewhere: `#71`, `entry 71`, `$1,040.00`.
  return typed.replace(/^(?:#|entry\s+#?)(?=\d+$)|^[$€£](?=[\d,.]+$)/i, '')
}

function partsFor(asked: string, role: StaffRole): string[] {
  const parts = [...BY_TEXT]
  if (isUuid(asked)) {
    parts.push(...BY_ID)
    if (roleMay(role, 'staff.manage')) parts.push(STAFF_BY_ID)
    if (roleMay(role, 'audit.read')) parts.push(AUDIT_BY_ID)
  }
  if (asked.includes('@')) {
    parts.push(...BY_EMAIL)
    if (roleMay(role, 'staff.manage')) parts.push(STAFF_BY_EMAIL)
  }
  if (/^\d{1,18}$/.test(asked)) parts.push(ENTRY_BY_ID)
  const amount = amountOf(asked)
  if (amount) parts.push(...byAmount(amount.currency !== null))
  return parts
}

async function run(client: QueryClientContract, parts: string[], asked: string): Promise<HitRow[]> {
  const amount = amountOf(asked)
  const { rows } = await client.rawQuery<{ rows: HitRow[] }>(
    parts.map((part) => `(${part} LIMIT ${MOST + 1})`).join('\nUNION\n'),
    {
      asked,
      lower: asked.toLowerCase(),
      number: /^\d{1,18}$/.test(asked) ? asked : '0',
      minor: String(amount?.minor ?? 0),
      currency: amount?.currency ?? '',
    }
  )
  return rows
}

/** `1250.00`, `1,250.00 USD`, `EUR 12`: minor units, and the currency where it is said. */
function amountOf(asked: string): { minor: bigint; currency: string | null } | undefined {
  const found = /^([A-Za-z]{3})?\s*([\d,]+(?:\.\d{1,2})?)\s*([A-Za-z]{3})?$/.exec(asked)
  if (!found || (found[1] && found[3])) return undefined
  const figure = found[2].replaceAll(',', '')
  const currency = (found[1] ?? found[3])?.toUpperCase() ?? null
  if (!/^\d{1,13}(\.\d+)?$/.test(figure)) return undefined
  if (currency !== null && !isKnownCurrency(currency)) return undefined
  const minor = minorOf(figure, currency ?? undefined)
  return minor === undefined || minor === 0n ? undefined : { minor, currency }
}

function grouped(rows: HitRow[]): HitGroup[] {
  const groups = new Map<string, Hit[]>()
  const newestFirst = rows.sort((a, b) => (b.at?.getTime() ?? 0) - (a.at?.getTime() ?? 0))
  for (const row of newestFirst) {
    const title = row.type === 'payout_account' ? maskDestination(row.title) : row.title
    const hit = { ...row, title, href: hrefOf(row) }
    groups.set(row.type, [...(groups.get(row.type) ?? []), hit])
  }
  return [...groups].map(([type, hits]) => ({
    type,
    hits: hits.slice(0, MOST),
    isCut: hits.length > MOST,
  }))
}

/** Where a hit is shown; what has no page of its own is shown on that of what it belongs to. */
function hrefOf({ type, id, title, state, currency }: HitRow): string {
  if (type === 'job') return `${pageOf('queue', title)}/${id}`
  if (type === 'account') return accountPage(title, currency!)
  if (type === 'audit_line') return pageOf(state!, id) ?? '/console/audit'
  return pageOf(PAGE_OF[type] ?? type, id)!
}

/** Whose id stands in a row that has no page of its own. */
const PAGE_OF: Record<string, string> = {
  invitation: 'project',
  proposal: 'project',
  message: 'project',
  escrow_account: 'project',
  deliverable: 'milestone',
  submission: 'milestone',
  refund_request: 'milestone',
  release: 'transaction',
  refund: 'transaction',
  fee: 'transaction',
  treasury: 'transaction',
  payout_account: 'user',
  dispute_message: 'dispute',
  evidence: 'dispute',
  offer: 'dispute',
  claw_back: 'chargeback',
  debt_write_off: 'chargeback',
}

/** One kind of hit; the newest come first, where there may be several. */
const hits = (
  type: string,
  columns: { id?: string; title: string; state?: string; amount?: string; at?: string },
  rest: string
) => `SELECT ${type} AS type, ${columns.id ?? 'x.id'}::text AS id, ${columns.title}::text AS title,
    ${columns.state ?? 'NULL'}::text AS state, ${columns.amount ?? 'NULL'}::text AS amount,
    ${columns.amount ? 'x.currency' : 'NULL'}::text AS currency, ${columns.at ?? 'x.created_at'} AS at
  FROM ${rest}`

const USER = { title: nameOf('x'), state: stateOf('x') }
const STAFF = {
  title: 'x.name',
  state: `CASE WHEN x.disabled_at IS NULL THEN x.role ELSE 'disabled' END`,
}
const ENTRY = { title: 'x.reference', state: 'x.kind' }
const EVENT = { title: 'x.type', state: 'x.status', at: 'x.received_at' }
const CHARGEBACK = {
  title: 'x.provider_dispute_id',
  state: 'x.state',
  amount: 'x.amount',
  at: 'x.opened_at',
}
const RAIL_NAME = `CASE x.rail WHEN 'paypal' THEN 'PayPal' ELSE 'Stripe' END`
const RAILS = `x.rail IN ('stripe', 'paypal')`

/** A transaction is shown as what it is; what PostgreSQL calls a payout has more to say on its own page. */
const transactions = (rest: string) =>
  hits(
    `CASE x.transaction_type WHEN 'chargeback' THEN 'transaction' ELSE x.transaction_type END`,
    {
      title: `coalesce(nullif(x.provider_transaction_id, ''), ${RAIL_NAME})`,
      state: 'x.status',
      amount: 'x.amount',
    },
    rest
  )

/** Rows of a table that belong to something which has a page. */
const partOf = (
  type: string,
  table: string,
  owner: string,
  columns: { title: string; state?: string; amount?: string; at?: string }
) => hits(`'${type}'`, { id: `x.${owner}`, ...columns }, `${table} x WHERE x.id = :asked`)

const BY_ID = [
  hits(`'user'`, USER, 'users x WHERE x.id = :asked'),
  hits(
    `'project'`,
    { title: 'x.title', state: 'x.status', amount: 'x.total_amount' },
    'projects x WHERE x.id = :asked'
  ),
  hits(
    `'milestone'`,
    { title: 'x.title', state: 'coalesce(x.closed_reason, x.status)', amount: 'x.amount' },
    'milestones x WHERE x.id = :asked'
  ),
  transactions('transactions x WHERE x.id = :asked'),
  hits(
    `'dispute'`,
    { title: 'left(x.reason, 80)', state: 'x.status', amount: 'x.asked_amount' },
    'disputes x WHERE x.id = :asked'
  ),
  hits(`'chargeback'`, CHARGEBACK, 'chargebacks x WHERE x.id = :asked'),
  hits(
    `'approval'`,
    { title: 'x.kind', state: 'x.status', amount: 'x.amount', at: 'x.proposed_at' },
    'approvals x WHERE x.id = :asked'
  ),
  hits(`'inbox_event'`, EVENT, 'inbox_events x WHERE x.id = :asked'),
  hits(
    `'inbox_replay'`,
    {
      title: `x.done || ' done, ' || x.failed || ' failed'`,
      state: `CASE WHEN x.finished_at IS NULL THEN 'running' ELSE 'finished' END`,
    },
    'inbox_replays x WHERE x.id = :asked'
  ),
  hits(
    `'break'`,
    {
      title: `x.kind || ' ' || x.subject`,
      state: `CASE WHEN x.resolved_at IS NULL THEN 'open' ELSE 'resolved' END`,
      amount: 'x.amount',
      at: 'x.opened_at',
    },
    'reconciliation_breaks x WHERE x.id = :asked'
  ),
  hits(
    `'reconciliation_run'`,
    { title: RAIL_NAME, state: 'x.status', at: 'x.started_at' },
    'reconciliation_runs x WHERE x.id = :asked'
  ),
  // Every queue has a partition of its own, and an index on name and id.
  hits(
    `'job'`,
    { title: 'x.name', state: 'x.state', at: 'x.created_on' },
    `${QUEUE_SCHEMA}.job x
      WHERE x.name IN (SELECT name FROM ${QUEUE_SCHEMA}.queue) AND x.id = :asked`
  ),
  hits(
    `'escrow_account'`,
    { id: 'x.project_id', title: 'p.title', state: 'p.status' },
    'escrow_accounts x JOIN projects p ON p.id = x.project_id WHERE x.id = :asked'
  ),
  partOf('invitation', 'invitations', 'project_id', { title: 'x.email', state: 'x.status' }),
  partOf('proposal', 'proposals', 'project_id', { title: 'x.kind', state: 'x.status' }),
  partOf('message', 'messages', 'project_id', { title: 'x.id' }),
  partOf('submission', 'submissions', 'milestone_id', { title: 'x.id' }),
  partOf('deliverable', 'deliverables', 'milestone_id', {
    title: 'x.name',
    state: 'x.scan_status',
  }),
  partOf('refund_request', 'refund_requests', 'milestone_id', {
    title: 'left(x.reason, 80)',
    state: 'x.status',
    amount: 'x.amount',
  }),
  partOf('release', 'releases', 'transaction_id', { title: 'x.kind', amount: 'x.amount' }),
  partOf('payout_account', 'payout_accounts', 'user_id', {
    title: 'x.destination',
    state: 'x.status',
  }),
  partOf('dispute_message', 'dispute_messages', 'dispute_id', { title: 'x.id' }),
  partOf('evidence', 'dispute_evidence', 'dispute_id', {
    title: 'x.name',
    state: 'x.scan_status',
  }),
  partOf('offer', 'dispute_offers', 'dispute_id', {
    title: 'x.id',
    state: 'x.status',
    amount: 'x.to_freelancer',
  }),
  partOf('claw_back', 'claw_backs', 'chargeback_id', {
    title: 'x.id',
    state: 'x.state',
    amount: 'x.amount',
  }),
  partOf('debt_write_off', 'debt_write_offs', 'chargeback_id', {
    title: 'x.id',
    amount: 'x.amount',
  }),
]

const STAFF_BY_ID = hits(`'staff'`, STAFF, 'staff x WHERE x.id = :asked')
const AUDIT_BY_ID = hits(
  `'audit_line'`,
  { id: 'x.target_id', title: 'x.action', state: 'x.target_type', at: 'x.at' },
  'audit_log x WHERE x.id = :asked'
)

const BY_EMAIL = [
  hits(`'user'`, USER, 'users x WHERE x.email = :lower'),
  hits(
    `'invitation'`,
    { id: 'x.project_id', title: 'x.email', state: 'x.status' },
    'invitations x WHERE x.email = :lower ORDER BY x.id DESC'
  ),
]
const STAFF_BY_EMAIL = hits(`'staff'`, STAFF, 'staff x WHERE x.email = :lower')

/** What has no other shape than that it is a piece of text, so it is looked for whatever was typed. */
const BY_TEXT = [
  hits(`'entry'`, ENTRY, 'journal_entries x WHERE x.reference = :asked'),
  hits(
    `'account'`,
    { title: 'x.name', amount: 'x.balance', at: 'NULL::timestamptz' },
    `(SELECT min(id) AS id, name, currency, sum(balance) AS balance FROM ledger_accounts
       WHERE name = :asked GROUP BY name, currency) x`
  ),
  transactions(
    `transactions x WHERE ${RAILS} AND x.provider_transaction_id = :asked
      AND x.provider_transaction_id <> '' AND x.transaction_type IN
        ('deposit', 'release', 'refund', 'fee', 'payout', 'chargeback', 'treasury')`
  ),
  transactions(
    `transactions x WHERE ${RAILS} AND x.provider_source_id = :asked AND x.provider_source_id <> ''`
  ),
  transactions(
    `deposits d JOIN transactions x ON x.id = d.transaction_id
      WHERE d.charge_id = :asked AND d.charge_id <> ''`
  ),
  hits(
    `'chargeback'`,
    CHARGEBACK,
    `chargebacks x WHERE ${RAILS} AND x.provider_dispute_id = :asked`
  ),
  hits(`'inbox_event'`, EVENT, 'inbox_events x WHERE x.event_id = :asked'),
  hits(
    `'payout_account'`,
    { id: 'x.user_id', title: 'x.destination', state: 'x.status' },
    `payout_accounts x WHERE x.destination = :asked AND x.destination <> ''`
  ),
]

const ENTRY_BY_ID = hits(`'entry'`, ENTRY, 'journal_entries x WHERE x.id = :number')

const byAmount = (hasCurrency: boolean) => {
  const currency = hasCurrency ? 'AND x.currency = :currency' : ''
  return [
    transactions(`transactions x WHERE x.amount = :minor ${currency} ORDER BY x.id DESC`),
    `SELECT 'entry', e.id::text, e.reference, e.kind, CAST(:minor AS text), x.currency::text, e.created_at
       FROM (SELECT x.entry_id, x.currency FROM postings x WHERE x.amount = :minor ${currency}
              GROUP BY x.entry_id, x.currency ORDER BY x.entry_id DESC LIMIT ${MOST + 1}) x
       JOIN journal_entries e ON e.id = x.entry_id ORDER BY e.id DESC`,
  ]
}

/** Events that name it, for what no table of ours knows: an item of a payout batch, a charge of somebody else. */
const EVENTS_ABOUT = hits(
  `'inbox_event'`,
  EVENT,
  'inbox_events x WHERE inbox_object_ids(x.payload) && ARRAY[:asked]::text[] ORDER BY x.id DESC'
)
