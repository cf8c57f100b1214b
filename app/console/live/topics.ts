/*
 * What a page can follow, as SQL that gives another text whenever what the page shows has changed. Each looks
 * at the rows that are open, by an index that has those alone, and at their `xmin`: PostgreSQL's number of the
 * transaction that wrote a row last. So nothing is written for anybody who watches, and no commit waits.
 */

const OPEN = "count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0)"
const newest = (table: string) =>
  `coalesce((SELECT id::text FROM ${table} ORDER BY id DESC LIMIT 1), '')`

const LISTS = {
  approvals: `SELECT ${OPEN} FROM approvals WHERE status = 'proposed'`,
  disputes: `SELECT ${OPEN} FROM disputes
    WHERE status IN ('open', 'negotiating', 'escalated', 'decided')`,
  chargebacks: `SELECT ${OPEN} FROM chargebacks WHERE closed_at IS NULL`,
  payouts: `SELECT ${OPEN} FROM payouts WHERE state NOT IN ('paid', 'cancelled')`,
  transactions: `SELECT ${OPEN} || ${newest('transactions')} FROM transactions WHERE status = 'pending'`,
  webhooks: `SELECT ${OPEN} || ${newest('inbox_events')} FROM inbox_events
    WHERE status IN ('received', 'failed')`,
  jobs: `SELECT count(*) || ' ' || coalesce(sum(retry_count), 0) FROM pgboss.job WHERE state < 'active'`,
  reconciliation: `SELECT ${OPEN} || ' ' || (SELECT ${OPEN} FROM
      (SELECT xmin FROM reconciliation_runs ORDER BY id DESC LIMIT 10) newest)
      || ' ' || ${newest('reconciliation_acknowledgements')}
    FROM reconciliation_breaks WHERE resolved_at IS NULL`,
  replays: `SELECT ${OPEN} FROM (SELECT xmin FROM inbox_replays ORDER BY id DESC LIMIT 20) newest`,
  audit: `SELECT ${newest('audit_verifications')}`,
  // Every entry moves something that stands there.
  treasury: `SELECT ${OPEN} || ' ' || ${newest('journal_entries')} || ' ' || ${newest('reconciliation_runs')}
    FROM approvals WHERE status = 'proposed'`,
} as const

/** Of what the dashboard shows. Jobs come and go all the time: they are no reason to read it again. */
const ON_DASHBOARD = ['approvals', 'disputes', 'payouts', 'transactions', 'webhooks'] as const

/** One record: its own row, whatever became of it. */
const RECORDS = {
  dispute: `SELECT xmin::text || ' ' || (SELECT count(*) FROM dispute_messages WHERE dispute_id = d.id)
      || ' ' || (SELECT ${OPEN} FROM dispute_offers WHERE dispute_id = d.id)
      || ' ' || (SELECT ${OPEN} FROM dispute_evidence WHERE dispute_id = d.id)
      || ' ' || (SELECT ${OPEN} FROM transactions WHERE milestone_id = d.milestone_id)
    FROM disputes d WHERE id = :id::uuid`,
  approval: `SELECT xmin::text FROM approvals WHERE id = :id::uuid`,
  replay: `SELECT xmin::text FROM inbox_replays WHERE id = :id::uuid`,
  payout: `SELECT t.xmin::text || ' ' || p.xmin::text FROM payouts p JOIN transactions t ON t.id = p.transaction_id
    WHERE p.transaction_id = :id::uuid`,
  transaction: `SELECT t.xmin::text || ' ' || coalesce(d.xmin::text, '')
    FROM transactions t LEFT JOIN deposits d ON d.transaction_id = t.id WHERE t.id = :id::uuid`,
} as const

const RECORD = /^([a-z]+)\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** For tests: every topic that is not about one record. */
export const TOPICS = ['dashboard', ...Object.keys(LISTS)]

/**
 * What to ask for a topic: `disputes`, `dashboard`, `transaction.<id>`.
 *
 * @returns undefined for what nobody can follow
 */
export function questionOf(topic: string): string | undefined {
  if (topic === 'dashboard') {
    return `SELECT ${ON_DASHBOARD.map((list) => `(${LISTS[list]})`).join(" || ' ' || ")}`
  }
  if (Object.hasOwn(LISTS, topic)) return LISTS[topic as keyof typeof LISTS]
  const [, kind, id] = RECORD.exec(topic) ?? []
  if (kind === undefined || !Object.hasOwn(RECORDS, kind)) return undefined
  // The pattern lets nothing through but a UUID.
  return RECORDS[kind as keyof typeof RECORDS].replaceAll(':id', `'${id}'`)
}
