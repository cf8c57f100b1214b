import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { ENTRY, type EntryRow } from '#console/ledger_entries_page'
import { whyOf } from '#console/payout_words'
import { whatCameBack } from '#console/returned_payouts'
import { readTimeline } from '#console/timeline'
import { notFound } from '#exceptions/problem'
import type { PaymentProvider, Rail, TransactionType } from '#models/transaction'
import { providerKey } from '#payments/provider'

/**
 * One transaction with everything that hangs on it. A constant number of queries.
 *
 * @param after where the page of its timeline begins
 */
export async function readTransaction(id: string, after?: string) {
  const transaction = isUuid(id) ? await readRow(id) : undefined
  if (!transaction) throw notFound('transaction')
  const objects = [id, transaction.provider_transaction_id, transaction.provider_source_id]
  return {
    transaction,
    why: transaction.payout_state
      ? whyOf({ ...transaction, state: transaction.payout_state } as never)
      : transaction.failure_message || transaction.wait_reason,
    // Releases and fees are ours alone: no provider hears of them.
    hasProviderRecord:
      PROVIDER_KINDS.includes(transaction.transaction_type) &&
      transaction.provider_transaction_id !== '',
    key: providerKey(id, transaction.attempt),
    allocations: await allocationsOf(id),
    related: await relatedTo(id, transaction.deposit_id),
    chargebacks: await chargebacksOf(id),
    entries: await entriesOf(id),
    events: await eventsAbout([...objects, transaction.charge_id ?? '']),
    timeline: await readTimeline(transaction.project_id, id, after),
  }
}

/** Of what a provider has a record under the id that we keep. */
const PROVIDER_KINDS: TransactionType[] = ['deposit', 'refund', 'payout']

interface Row extends Record<string, any> {
  id: string
  transaction_type: TransactionType
  payment_provider: PaymentProvider
  rail: Rail
  provider_transaction_id: string
  provider_source_id: string
  attempt: number
  deposit_id: string | null
  project_id: string | null
  charge_id: string | null
}

async function readRow(id: string): Promise<Row | undefined> {
  const { rows } = await db.rawQuery<{ rows: Row[] }>(
    `SELECT t.*, p.id AS project_id, p.title AS project_title, m.title AS milestone_title,
            nullif(trim(u.first_name || ' ' || u.last_name), '') AS user_name, u.email AS user_email,
            d.state AS deposit_state, d.method, d.charge_id, d.expires_at, d.capture_sent_at, d.charge_disputed_at,
            d.refunded_elsewhere, d.provider_fee, d.refundable_until, d.hold_until, d.dispute_cleared_at,
            d.dispute_cleared_by, d.dispute_clear_reason,
            r.id AS release_id, r.kind AS release_kind, r.amount AS release_amount, r.fee AS release_fee,
            r.net AS release_net, r.debt_offset, r.transaction_id AS release_transaction_id, r.fee_transaction_id,
            y.state AS payout_state, y.unclaimed, y.not_before, y.returned_amount, y.repays_id,
            back.repaid, back.left_over,
            q.id AS request_id, q.status AS request_status, q.reason AS request_reason, q.immediate,
            h.reference AS hand_reference, h.paid_by AS hand_paid_by, h.created_at AS hand_at,
            v.settled_at AS reservation_settled_at, v.amount AS reserved
       FROM transactions t
       LEFT JOIN escrow_accounts a ON a.id = t.escrow_account_id
       LEFT JOIN projects p ON p.id = a.project_id
       LEFT JOIN milestones m ON m.id = t.milestone_id
       LEFT JOIN users u ON u.id = t.user_id
       LEFT JOIN deposits d ON d.transaction_id = t.id
       LEFT JOIN payouts y ON y.transaction_id = t.id
       ${whatCameBack('y', 't')}
       LEFT JOIN releases r ON r.transaction_id = t.id OR r.fee_transaction_id = t.id OR r.id = y.release_id
       LEFT JOIN refund_requests q ON q.transaction_id = t.id
       LEFT JOIN refunds_paid_by_hand h ON h.transaction_id = t.id
       LEFT JOIN reservations v ON v.transaction_id = t.id
      WHERE t.id = ?`,
    [id]
  )
  return rows[0]
}

/** Which milestones a deposit is for. */
async function allocationsOf(id: string) {
  const { rows } = await db.rawQuery(
    `SELECT a.milestone_id, a.amount, a.live, m.title, m.currency
       FROM deposit_allocations a JOIN milestones m ON m.id = a.milestone_id
      WHERE a.transaction_id = ? ORDER BY a.milestone_id`,
    [id]
  )
  return rows
}

/** What draws on a deposit, the deposit that something draws on, and what goes on with a refund. */
async function relatedTo(id: string, depositId: string | null) {
  const { rows } = await db.rawQuery(
    `SELECT id, transaction_type, status, amount, currency, created_at FROM (
       SELECT * FROM transactions WHERE deposit_id = :id
       UNION SELECT * FROM transactions WHERE continues_id = :id
       UNION SELECT * FROM transactions WHERE id = :deposit::uuid) related
      WHERE id <> :id ORDER BY id LIMIT 200`,
    { id, deposit: depositId } as never
  )
  return rows
}

/** Disputes of a deposit, with what they moved and what a freelancer owes by them. */
async function chargebacksOf(id: string) {
  const { rows } = await db.rawQuery(
    `SELECT c.*, claim.balance AS claimed, claim.currency AS claim_currency,
            coalesce((SELECT jsonb_agg(jsonb_build_object('id', b.id, 'amount', b.amount::text, 'currency', b.currency,
               'state', b.state, 'payout_id', b.payout_id) ORDER BY b.id) FROM claw_backs b WHERE b.chargeback_id = c.id), '[]') AS claw_backs,
            coalesce((SELECT jsonb_agg(jsonb_build_object('amount', w.amount::text, 'currency', w.currency,
               'reason', w.reason) ORDER BY w.id) FROM debt_write_offs w WHERE w.chargeback_id = c.id), '[]') AS write_offs
       FROM chargebacks c
       LEFT JOIN ledger_accounts claim ON claim.name = 'chargeback_receivable:' || c.id AND claim.stripe = 0
      WHERE c.deposit_id = ? ORDER BY c.id`,
    [id]
  )
  return rows
}

/** Entries of a transaction, and of a deposit also what was posted about its money otherwise; oldest first. */
async function entriesOf(id: string): Promise<EntryRow[]> {
  const { rows } = await db.rawQuery<{ rows: EntryRow[] }>(
    `SELECT ${ENTRY} FROM journal_entries e
      WHERE e.id IN (SELECT id FROM journal_entries WHERE transaction_id = :id
                     UNION SELECT id FROM journal_entries WHERE deposit_id = :id)
      ORDER BY e.id LIMIT 200`,
    { id }
  )
  return rows
}

async function eventsAbout(objects: string[]) {
  const { rows } = await db.rawQuery(
    `SELECT id, rail, event_id, type, status, received_at, handled_at, last_error FROM inbox_events
      WHERE inbox_object_ids(payload) && ?::text[] ORDER BY id DESC LIMIT 50`,
    [objects.filter((object) => object !== '')] as never
  )
  return rows
}
