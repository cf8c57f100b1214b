import router from '@adonisjs/core/services/router'
import db from '@adonisjs/lucid/services/db'

export interface ConsolePage {
  /** As the route has it: `/console/payouts/:id`. */
  pattern: string
  /** Where to look at one; undefined if there is none of its kind. */
  path: string | undefined
}

/** Not pages: built files, files of the parties, what streams, and what pages fetch into themselves. */
const NO_PAGES = [
  /^\/console\/assets\//,
  /^\/console\/live\//,
  /\/:file$/,
  /^\/console\/files\/:kind\/:id\/download$/,
  /^\/console\/disputes\/:id\/preview$/,
  /^\/console\/transactions\/:id\/provider$/,
]

/** Rows that show most, by the pattern of their page. Of any other, the newest of the table of that name. */
const SAMPLES: Record<string, string> = {
  '/console/payouts/:id': `SELECT transaction_id AS id FROM payouts WHERE state = 'failed'`,
  '/console/webhooks/:id': `SELECT id FROM inbox_events WHERE status = 'failed'`,
  '/console/webhooks/replays/:id': 'SELECT id FROM inbox_replays',
  '/console/jobs/:name': `SELECT 'process_inbox_event' AS name`,
  '/console/jobs/:name/:id': `SELECT name, id FROM pgboss.job WHERE state = 'failed'`,
  '/console/reconciliation/:id': 'SELECT id FROM reconciliation_runs WHERE breaks > 0',
  '/console/reconciliation/breaks/:id': 'SELECT id FROM reconciliation_breaks',
  '/console/settings/:name': `SELECT 'platform_fee_bps' AS name`,
  '/console/disputes/:id': `SELECT id FROM disputes WHERE status = 'escalated'`,
  '/console/chargebacks/:id': `SELECT id FROM chargebacks WHERE state = 'needs_response'`,
  '/console/transactions/:id': `SELECT id FROM transactions WHERE transaction_type = 'deposit' AND status = 'completed'`,
  '/console/projects/:id': `SELECT project_id AS id FROM milestones WHERE status = 'approved'`,
  '/console/ledger/entries/:id': 'SELECT id FROM journal_entries',
  '/console/ledger/accounts/:name/:currency': `SELECT name, currency FROM ledger_accounts WHERE name LIKE 'escrow:%'`,
  '/console/audit/:id': 'SELECT id FROM audit_log',
}

/** Every page of the console, as the routes have them, each with something of the database to show. */
export async function consolePages(): Promise<ConsolePage[]> {
  const routes = Object.values(router.toJSON()).flat()
  const patterns = routes
    .filter(({ methods }) => methods.includes('GET'))
    .map(({ pattern }) => pattern)
    .filter((pattern) => /^\/console(\/|$)/.test(pattern))
    .filter((pattern) => NO_PAGES.every((none) => !none.test(pattern)))
  return Promise.all(
    [...new Set(patterns)].map(async (pattern) => ({ pattern, path: await samplePath(pattern) }))
  )
}

/** Where to look at a record of the kind that a pattern is about; undefined if there is none. */
export async function samplePath(pattern: string): Promise<string | undefined> {
  const params = [...pattern.matchAll(/:(\w+)/g)].map(([, name]) => name)
  if (params.length === 0) return pattern.replace('*', 'nowhere')
  const sql = SAMPLES[pattern] ?? (await newestOf(pattern))
  if (!sql) return undefined
  const { rows } = await db.rawQuery(`${sql} LIMIT 1`)
  if (rows.length === 0) return undefined
  return params.reduce(
    (path, name) => path.replace(`:${name}`, encodeURIComponent(String(rows[0][name]))),
    pattern
  )
}

/** `/console/staff/:id` shows a row of `staff`. */
async function newestOf(pattern: string): Promise<string | undefined> {
  const table = /\/([\w-]+)\/:id$/.exec(pattern)?.[1].replaceAll('-', '_')
  if (!table) return undefined
  const hasIds = await db
    .from('information_schema.columns')
    .where({ table_schema: 'public', table_name: table, column_name: 'id' })
    .first()
  return hasIds ? `SELECT id FROM ${table} ORDER BY id DESC` : undefined
}
