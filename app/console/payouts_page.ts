import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { ENTRY, type EntryRow } from '#console/ledger_entries_page'
import { maskDestination } from '#console/mask'
import { PAGE } from '#console/paging'
import { whyOf } from '#console/payout_words'
import { RETURNED_AND_SETTLED, whatCameBack } from '#console/returned_payouts'
import { readTimeline } from '#console/timeline'
import { TAKEN_BACK } from '#escrow/apply_payout'
import { setting } from '#escrow/settings'
import { notFound } from '#exceptions/problem'
import { offeredProviders } from '#payments/registry'
import { blockOf } from '#payments/reconcile/blocking'
import type { PaymentProvider, Rail } from '#models/transaction'
import { cutPage, decodeCursor, type Page } from '#transformers/page'
import { AGES, type PayoutsFilters } from '#validators/console/payouts'

interface PayoutRow {
  id: string
  state: string
  /** The state as people look for it: `held`, `unclaimed`. */
  shown: string
  amount: bigint
  currency: string
  payment_provider: PaymentProvider
  rail: Rail
  created_at: Date
  /** In words for staff. */
  why: string
  wait_reason: string
  failure_code: string
  failure_message: string
  unclaimed: boolean
  not_before: Date
  returned_amount: bigint
  /** Of one that came back. */
  repaid: bigint | null
  left_over: bigint | null
  user_id: string
  user_name: string
}

/** A state as people look for it, as SQL over payouts `p`, their transactions `t` and what came `back`. */
const SHOWN = `CASE
  WHEN p.held_at IS NULL AND p.state = 'failed' AND t.failure_code = '${TAKEN_BACK}' THEN '${TAKEN_BACK}'
  WHEN p.held_at IS NOT NULL AND p.state IN ('waiting', 'failed') THEN 'held'
  WHEN p.unclaimed AND p.state = 'in_transit' THEN 'unclaimed'
  WHEN p.state = 'returned' AND back.left_over = 0 THEN '${RETURNED_AND_SETTLED}'
  ELSE p.state END`

const CAME_BACK = whatCameBack('p', 't')

/** What a user `u` is called; who was erased is called nothing. */
const NAME = `coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), 'Nameless')`

const ROW = `
  p.transaction_id AS id, p.state, ${SHOWN} AS shown, t.amount, t.currency, t.payment_provider, t.rail,
  t.created_at, t.wait_reason, t.failure_code, t.failure_message, p.unclaimed, p.not_before,
  p.returned_amount, back.repaid, back.left_over, p.user_id, ${NAME} AS user_name`

/** Payouts, newest first: those that are not over, unless a state is asked for. One query. */
export async function listPayouts(filters: PayoutsFilters): Promise<Page<PayoutRow>> {
  const query = db
    .from('payouts AS p')
    .joinRaw(
      `JOIN transactions t ON t.id = p.transaction_id JOIN users u ON u.id = p.user_id ${CAME_BACK}`
    )
    .select(db.raw(ROW))
    .orderBy('p.transaction_id', 'desc')
    .limit(PAGE + 1)
  if (filters.state === 'held') {
    query.whereNotNull('p.held_at').whereIn('p.state', ['waiting', 'failed'])
  } else if (filters.state === 'unclaimed') {
    query.where('p.state', 'in_transit').where('p.unclaimed', true)
  } else if (filters.state === 'failed' || filters.state === TAKEN_BACK) {
    query.where('p.state', 'failed').whereNull('p.held_at')
    query.where('t.failure_code', filters.state === 'failed' ? '<>' : '=', TAKEN_BACK)
  } else if (filters.state === 'returned' || filters.state === RETURNED_AND_SETTLED) {
    query.where('p.state', 'returned')
    query.where('back.left_over', filters.state === 'returned' ? '>' : '=', 0)
  } else if (filters.state) {
    query.where('p.state', filters.state)
  } else {
    query.whereNotIn('p.state', ['paid', 'cancelled'])
    // Null for those that did not come back.
    query.whereRaw('back.left_over IS DISTINCT FROM 0')
  }
  if (filters.rail) query.where('t.rail', filters.rail)
  if (filters.provider) query.where('t.payment_provider', filters.provider)
  if (filters.age) {
    query.whereRaw('t.created_at <= now() - make_interval(hours => ?)', [AGES[filters.age]])
  }
  if (filters.user && isUuid(filters.user)) query.where('p.user_id', filters.user)
  else if (filters.user) query.where('u.email', filters.user.toLowerCase())
  if (filters.after) query.where('p.transaction_id', '<', decodeCursor(filters.after))
  const rows: PayoutRow[] = await query
  return cutPage(
    rows.map((row) => ({ ...row, why: whyOf(row) })),
    PAGE
  )
}

/** How many payouts are in each state that is not over, and what they sum up to by currency. One query. */
export async function countPayouts() {
  const { rows } = await db.rawQuery<{
    rows: { shown: string; currency: string; count: number; amount: bigint }[]
  }>(
    `SELECT ${SHOWN} AS shown, t.currency, count(*)::int AS count, sum(t.amount)::bigint AS amount
       FROM payouts p JOIN transactions t ON t.id = p.transaction_id ${CAME_BACK}
      WHERE p.state NOT IN ('paid', 'cancelled') AND back.left_over IS DISTINCT FROM 0 GROUP BY 1, 2 ORDER BY 1, 2`
  )
  return rows
}

interface PayoutDetails extends PayoutRow {
  status: string
  attempt: number
  sent_at: Date | null
  completed_at: Date | null
  provider_transaction_id: string
  provider_source_id: string
  held_at: Date | null
  cancel_asked_at: Date | null
  release_id: string | null
  chargeback_id: string | null
  repays_id: string | null
  deposit_id: string | null
  milestone_id: string | null
  milestone_title: string | null
  project_id: string
  project_title: string
  account_provider: PaymentProvider | null
  account_status: string | null
  destination: string | null
  /** The payouts that sent again what came back of it. */
  repaid_by: string[]
  /** The chargebacks for which it was clawed back. */
  clawed_back_for: string[]
}

/**
 * A payout with everything that belongs to it. A constant number of queries.
 *
 * @param after where the page of its timeline begins
 * @throws Problem 404
 */
export async function readPayout(id: string, after?: string) {
  if (!isUuid(id)) throw notFound('payout')
  const { rows } = await db.rawQuery<{ rows: PayoutDetails[] }>(
    `SELECT ${ROW}, t.status, t.attempt, t.sent_at, t.completed_at, t.provider_transaction_id,
        t.provider_source_id, p.held_at, p.cancel_asked_at, p.release_id,
        p.chargeback_id, p.repays_id, t.deposit_id, t.milestone_id, m.title AS milestone_title,
        j.id AS project_id, j.title AS project_title,
        a.payment_provider AS account_provider, a.status AS account_status, a.destination,
        ARRAY(SELECT q.transaction_id::text FROM payouts q
               WHERE q.repays_id = p.transaction_id AND q.state <> 'cancelled' ORDER BY 1) AS repaid_by,
        ARRAY(SELECT DISTINCT b.chargeback_id::text FROM claw_backs b
               WHERE b.payout_id = p.transaction_id AND b.state = 'succeeded' ORDER BY 1) AS clawed_back_for
       FROM payouts p
       JOIN transactions t ON t.id = p.transaction_id
       JOIN users u ON u.id = p.user_id
       JOIN escrow_accounts e ON e.id = t.escrow_account_id
       JOIN projects j ON j.id = e.project_id
       LEFT JOIN milestones m ON m.id = t.milestone_id
       ${CAME_BACK}
       -- The one that it went to, else the one that it would go to now.
       LEFT JOIN payout_accounts a ON a.id = coalesce(p.payout_account_id,
         (SELECT d.id FROM payout_accounts d WHERE d.user_id = p.user_id AND d.is_default AND d.deleted_at IS NULL))
      WHERE p.transaction_id = ?`,
    [id]
  )
  if (rows.length === 0) throw notFound('payout')
  const [payout] = rows
  const rail = offeredProviders().find(({ name }) => name === payout.payment_provider)
  return {
    payout: {
      ...payout,
      why: whyOf(payout),
      destination: payout.destination && maskDestination(payout.destination),
      leftToRepay: payout.left_over ?? 0n,
      intoDebts: payout.returned_amount - (payout.repaid ?? 0n) - (payout.left_over ?? 0n),
    },
    canRetry:
      !payout.held_at &&
      (payout.state === 'failed' ||
        (payout.state === 'waiting' && payout.not_before <= new Date())),
    canCancel: payout.shown === 'unclaimed' && rail?.cancelPayout !== undefined,
    blocked: await blockOf(db, payout.rail, await setting(db, 'break_block_threshold')),
    timeline: await readTimeline(payout.project_id, id, after),
    entries: await entriesOf(id),
    events: await eventsAbout([id, payout.provider_transaction_id, payout.provider_source_id]),
  }
}

async function entriesOf(transactionId: string): Promise<EntryRow[]> {
  return db
    .from('journal_entries AS e')
    .select(db.raw(ENTRY))
    .where('e.transaction_id', transactionId)
    .orderBy('e.id', 'desc')
}

/** What a provider told about something, by any of its ids, newest first. */
async function eventsAbout(ids: string[]) {
  const { rows } = await db.rawQuery<{
    rows: { id: string; type: string; status: string; received_at: Date }[]
  }>(
    `SELECT id, type, status, received_at FROM inbox_events
      WHERE inbox_object_ids(payload) && ?::text[] ORDER BY id DESC LIMIT 50`,
    [ids.filter((id) => id !== '')]
  )
  return rows
}
