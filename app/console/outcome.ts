import db from '@adonisjs/lucid/services/db'
import { ENTRY, type EntryRow } from '#console/ledger_entries_page'
import { accountPage } from '#console/links'
import type { JournalEntryInput } from '#ledger/post_entries'
import type Approval from '#models/approval'

/** What a decision has posted, and the transactions that it has set going. */
export interface Outcome {
  entries: EntryRow[]
  transactions: { id: string; type: string; state: string; amount: bigint; currency: string }[]
}

/** By what settling a dispute was posted, with what was set off against a debt at the same moment. */
const OF_DISPUTE = `
  SELECT e.id FROM journal_entries e WHERE e.reference = 'resolution:' || :subject
  UNION SELECT o.id FROM journal_entries e
    JOIN journal_entries o ON o.transaction_id = e.transaction_id AND o.kind = 'debt_offset'
   WHERE e.reference = 'resolution:' || :subject`

/** The ids of the entries that an approval has posted, by its kind. */
const POSTED: Record<Exclude<Approval['kind'], 'setting_change'>, string> = {
  dispute_decision: OF_DISPUTE,
  debt_write_off: `
    SELECT e.id FROM debt_write_offs w JOIN journal_entries e ON e.reference = 'debt_written_off:' || w.id
     WHERE w.approval_id = :approval`,
  refund_paid_by_hand: `
    SELECT e.id FROM refunds_paid_by_hand h
      JOIN journal_entries e ON e.transaction_id = h.transaction_id AND e.kind = 'refund_paid_by_hand'
     WHERE h.approval_id = :approval`,
  refund_adoption: `
    SELECT e.id FROM refund_adoptions r JOIN journal_entries e ON e.transaction_id = r.transaction_id
     WHERE r.approval_id = :approval`,
  correcting_entry: `
    SELECT e.id FROM approvals a
      JOIN journal_entries e
        ON e.reference = 'correction:' || a.id || coalesce(':' || nullif(a.content ->> 'explains', ''), '')
     WHERE a.id = :approval`,
}

/** What came of a proposal; nothing before it was approved. Two queries. */
export async function outcomeOf(approval: Approval): Promise<Outcome> {
  const { kind, status } = approval
  if (status !== 'approved' || kind === 'setting_change') return { entries: [], transactions: [] }
  return read(POSTED[kind], { approval: approval.id, subject: approval.subjectId })
}

/** What came of a dispute, whoever ended it; nothing of one by which nothing was divided. Two queries. */
export function outcomeOfDispute(disputeId: string): Promise<Outcome> {
  return read(OF_DISPUTE, { subject: disputeId })
}

/** A refund is named by the account that it is in transit in, a payout belongs to its release. */
async function read(posted: string, of: Record<string, string>): Promise<Outcome> {
  const [entries, transactions] = await Promise.all([
    db.rawQuery(
      `SELECT ${ENTRY} FROM journal_entries e WHERE e.id IN (${posted}) ORDER BY e.id`,
      of
    ),
    db.rawQuery(
      `WITH posted AS (${posted}),
       moved AS (
         SELECT transaction_id AS id FROM journal_entries WHERE id IN (SELECT id FROM posted)
         UNION SELECT split_part(a.name, ':', 2)::uuid FROM postings p JOIN ledger_accounts a ON a.id = p.account_id
          WHERE p.entry_id IN (SELECT id FROM posted) AND a.kind = 'refund_in_transit'),
       paid AS (
         SELECT y.transaction_id AS id FROM releases r JOIN payouts y ON y.release_id = r.id
          WHERE r.transaction_id IN (SELECT id FROM moved))
       SELECT t.id, t.transaction_type AS type, coalesce(y.state, t.status) AS state, t.amount, t.currency
         FROM transactions t LEFT JOIN payouts y ON y.transaction_id = t.id
        WHERE t.id IN (SELECT id FROM moved UNION SELECT id FROM paid) ORDER BY t.id`,
      of
    ),
  ])
  return { entries: entries.rows, transactions: transactions.rows }
}

/** An entry that there is not yet, for who decides whether it will be. */
export interface Foreseen {
  kind: string
  lines: { account: string; href?: string; direction: string; amount: bigint; currency: string }[]
}

/** Entries that would be posted, with the pages of those of their accounts that there are already. One query. */
export async function foreseen(entries: JournalEntryInput[]): Promise<Foreseen[]> {
  const names = entries.flatMap(({ postings }) => postings.map(({ account }) => account))
  const known = await db.from('ledger_accounts').whereIn('name', names).select('name', 'currency')
  const pages = new Map(known.map(({ name, currency }) => [name, accountPage(name, currency)]))
  return entries.map(({ kind, postings }) => ({
    kind,
    lines: postings.map(({ account, direction, amount }) => ({
      account,
      href: pages.get(account),
      direction,
      amount: amount.minor,
      currency: amount.currency,
    })),
  }))
}
