import db from '@adonisjs/lucid/services/db'
import { cutBy, PAGE, readNumber } from '#console/paging'
import { notFound } from '#exceptions/problem'
import type { Page } from '#transformers/page'
import { endOf, minorOf } from '#validators/console/filters'
import type { EntriesFilters } from '#validators/console/ledger'

export interface Posting {
  line: number
  account: string
  currency: string
  stripe: number
  direction: 'debit' | 'credit'
  amount: string
  balance_after: string
  account_seq: string
}

export interface EntryRow {
  id: bigint
  reference: string
  kind: string
  event_at: Date
  created_at: Date
  transaction_id: string | null
  milestone_id: string | null
  deposit_id: string | null
  reverses: bigint | null
  /** Amounts are text: JSON has no integers of this size. */
  postings: Posting[]
}

/** An entry `e` with its postings, for a page that shows many. */
export const ENTRY = `
  e.id, e.reference, e.kind, e.event_at, e.created_at, e.transaction_id, e.milestone_id, e.deposit_id, e.reverses,
  (SELECT jsonb_agg(jsonb_build_object('line', p.line, 'account', a.name, 'currency', p.currency, 'stripe', a.stripe,
            'direction', p.direction, 'amount', p.amount::text, 'balance_after', p.balance_after::text,
            'account_seq', p.account_seq::text) ORDER BY p.direction DESC, p.line)
     FROM postings p JOIN ledger_accounts a ON a.id = p.account_id WHERE p.entry_id = e.id) AS postings`

/** Journal entries with their postings, newest first. One query. */
export async function listEntries(filters: EntriesFilters): Promise<Page<EntryRow>> {
  const query = db.from('journal_entries AS e').select(db.raw(ENTRY)).orderBy('e.id', 'desc')
  query.limit(PAGE + 1)
  if (filters.kind) query.where('e.kind', filters.kind)
  if (filters.reference) query.where('e.reference', filters.reference)
  if (filters.from) query.whereRaw(`e.event_at >= ?::date AT TIME ZONE 'UTC'`, [filters.from])
  if (filters.to) query.whereRaw(`e.event_at < ?::date AT TIME ZONE 'UTC'`, [endOf(filters.to)])
  if (filters.account || filters.currency || filters.amount) {
    const postings = db.from('postings AS p').select('p.entry_id')
    if (filters.account) {
      postings.whereIn(
        'p.account_id',
        db.from('ledger_accounts').where('name', filters.account).select('id')
      )
    }
    if (filters.currency) postings.where('p.currency', filters.currency)
    if (filters.amount) {
      postings.where('p.amount', String(minorOf(filters.amount, filters.currency) ?? -1n))
    }
    query.whereIn('e.id', postings)
  }
  if (filters.after) query.where('e.id', '<', readNumber(filters.after).toString())
  return cutBy((await query) as EntryRow[], ({ id }) => id.toString())
}

export interface Entry extends EntryRow {
  reversed_by: bigint | null
  reverses_reference: string | null
  milestone_title: string | null
  project_id: string | null
  project_title: string | null
  /** Other entries of the same transaction. */
  related: { id: string; reference: string; kind: string; created_at: string }[]
}

/**
 * One entry, what it belongs to, what corrects it, and what else its transaction did. One query.
 *
 * @param id of the entry, or its reference
 * @throws Problem 404
 */
export async function readEntry(id: string): Promise<Entry> {
  const [column, value] = /^\d{1,18}$/.test(id) ? ['e.id', id] : ['e.reference', id]
  const { rows } = await db.rawQuery<{ rows: Entry[] }>(
    `SELECT ${ENTRY}, later.id AS reversed_by, earlier.reference AS reverses_reference,
            m.title AS milestone_title, coalesce(m.project_id, account.project_id) AS project_id,
            project.title AS project_title,
            coalesce((SELECT jsonb_agg(jsonb_build_object('id', o.id::text, 'reference', o.reference, 'kind', o.kind,
                        'created_at', o.created_at) ORDER BY o.id)
               FROM journal_entries o WHERE o.transaction_id = e.transaction_id AND o.id <> e.id), '[]') AS related
       FROM journal_entries e
       LEFT JOIN journal_entries later ON later.reverses = e.id
       LEFT JOIN journal_entries earlier ON earlier.id = e.reverses
       LEFT JOIN milestones m ON m.id = e.milestone_id
       LEFT JOIN transactions t ON t.id = e.transaction_id
       LEFT JOIN escrow_accounts account ON account.id = t.escrow_account_id
       LEFT JOIN projects project ON project.id = coalesce(m.project_id, account.project_id)
      WHERE ${column} = ?`,
    [value.replaceAll('\0', '')]
  )
  if (rows.length === 0) throw notFound('entry')
  return rows[0]
}
