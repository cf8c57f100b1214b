import db from '@adonisjs/lucid/services/db'
import { breaks } from '#tests/support/ledger'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { withoutIds } from './without_ids.js'

/** What may not differ between a run that was killed and one that was not. */
export interface Books {
  stripe: AtProvider
  paypal: AtProvider
  breaks: unknown
  [ours: string]: unknown
}

/**
 * Everything that an operation has left, in our database and at the providers, without ids and times: two
 * runs of the same operation have the same books.
 */
export async function readBooks(): Promise<Books> {
  const books: Record<string, unknown> = {}
  for (const [name, query] of Object.entries(OURS)) {
    const { rows } = await db.rawQuery(query)
    books[name] = rows.map((row: object) => Object.values(row).join(' '))
  }
  return { ...books, stripe: atStripe(), paypal: atPaypal(), breaks: await breaks() }
}

/** Multisets, in an order of their own. Each row becomes one line of text. */
const OURS: Record<string, string> = {
  projects: 'SELECT status FROM projects',
  milestones: `SELECT amount, status, funded_at IS NOT NULL AS funded, closed_reason,
                      auto_approve_at IS NOT NULL AS clock, inspection_left IS NOT NULL AS stopped
                 FROM milestones ORDER BY title`,
  transactions: `SELECT transaction_type, status, amount, currency, rail, attempt, failure_code,
                        wait_reason, provider_transaction_id <> '' AS known
                   FROM transactions ORDER BY 1, 2, 3, 8`,
  deposits: `SELECT state, provider_fee, charge_id <> '' AS charged, hold_until IS NOT NULL AS held
               FROM deposits ORDER BY 1, 2`,
  allocations: 'SELECT amount, live FROM deposit_allocations ORDER BY 1, 2',
  releases: 'SELECT kind, amount, fee, net FROM releases ORDER BY 1, 2',
  payouts: 'SELECT state, payout_account_id IS NOT NULL AS account FROM payouts ORDER BY 1',
  refundRequests: `SELECT amount, status, immediate, transaction_id IS NOT NULL AS refunded
                     FROM refund_requests ORDER BY 1, 2`,
  disputes: `SELECT status, settled_how, to_freelancer, to_client FROM disputes ORDER BY 1, 2, 3`,
  disputeOffers: `SELECT to_freelancer, to_client, status FROM dispute_offers ORDER BY 1, 2, 3`,
  reservations: 'SELECT amount, settled_at IS NOT NULL AS settled FROM reservations ORDER BY 1',
  balances: `SELECT kind, currency, sum(balance) FROM ledger_accounts
              GROUP BY kind, currency HAVING sum(balance) <> 0 ORDER BY 1, 2`,
  entries: `SELECT e.kind, p.direction, split_part(a.name, ':', 1), p.amount
              FROM journal_entries e JOIN postings p ON p.entry_id = e.id
              JOIN ledger_accounts a ON a.id = p.account_id
             ORDER BY 1, 2, 3, 4`,
  activity: `SELECT actor_type, action, from_status, to_status, count(*) FROM activity
              GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
  notifications: `SELECT u.user_type, n.kind, count(*) FROM notifications n
                    JOIN users u ON u.id = n.user_id GROUP BY 1, 2 ORDER BY 1, 2`,
  inbox: 'SELECT type, status, count(*) FROM inbox_events GROUP BY 1, 2 ORDER BY 1, 2',
  idempotencyKeys: `SELECT route, status, response_status, transaction_id IS NOT NULL AS bound
                      FROM idempotency_keys ORDER BY 1, 2`,
  openJobs: `SELECT name, state FROM pgboss.job
              WHERE state < 'completed' OR name = 'dead_letters' ORDER BY 1`,
}

const AT_STRIPE = [
  'payment_intent',
  'charge',
  'transfer',
  'transfer_reversal',
  'refund',
  'balance_transaction',
] as const

const AT_PAYPAL = ['order', 'capture', 'refund', 'payout_batch', 'payout_item', 'movement'] as const

/** What a provider has of an operation. */
export interface AtProvider {
  /** How often each kind of thing was made there: what must never be one more. */
  effects: Record<string, number>
  /** How many different keys were sent to each route. */
  keysPerRoute: Record<string, number>
  [more: string]: unknown
}

function atStripe(): AtProvider {
  const keys = sandbox.requestLog.map((entry) => ({ ...entry, key: entry.idempotencyKey }))
  return {
    effects: Object.fromEntries(AT_STRIPE.map((kind) => [kind, sandbox.effects(kind)])),
    keysPerRoute: keysPerRoute(keys),
    available: sandbox.available(),
    intents: sandbox.paymentIntents.map(({ status, amount }) => `${status} ${amount}`).sort(),
    transfers: sandbox.transfers.map(({ amount }) => amount),
    refunds: sandbox.refunds.map(({ status, amount }) => `${status} ${amount}`),
  }
}

function atPaypal(): AtProvider {
  const keys = paypalSandbox.requestLog.map((entry) => ({ ...entry, key: entry.requestId }))
  const inWords = ({ status, amount }: { status?: string; amount: { value: string } }) =>
    `${status} ${amount.value}`
  return {
    effects: Object.fromEntries(AT_PAYPAL.map((kind) => [kind, paypalSandbox.effects(kind)])),
    keysPerRoute: keysPerRoute(keys),
    available: paypalSandbox.available(),
    orders: paypalSandbox.orders.map(({ status }) => status).sort(),
    captures: paypalSandbox.captures.map(inWords).sort(),
    refunds: paypalSandbox.refunds.map(inWords).sort(),
    payouts: paypalSandbox.payoutItems
      .map((item) => `${item.transaction_status} ${item.payout_item.amount.value}`)
      .sort(),
  }
}

function keysPerRoute(
  log: { method: string; path: string; key?: string }[]
): Record<string, number> {
  const keys = new Map<string, Set<string>>()
  for (const { method, path, key } of log) {
    if (method !== 'POST' || !key) continue
    const route = withoutIds(path)
    keys.set(route, (keys.get(route) ?? new Set()).add(key))
  }
  return Object.fromEntries([...keys].map(([route, used]) => [route, used.size]).sort())
}
