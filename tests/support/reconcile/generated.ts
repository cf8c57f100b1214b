import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import db from '@adonisjs/lucid/services/db'
import type { BreakKind } from '#payments/reconcile/breaks'
import { activeProject } from '#tests/support/projects'

/*
 * A platform with as much history as one likes, on both sides: its ledger, posted in batches, and a Stripe
 * that lists the same movements. Neither is ever in this process as a whole. Movement `n` is made by a rule
 * of which there are two copies, one here and one in SQL.
 *
 * Ten movements are a unit: eight payments, a transfer out of the first, a refund of the second.
 */
const UNIT = 10
const UNITS_AT_ONCE = 150

export interface History {
  /** A multiple of ten. */
  movements: number
  /** When the first one happened, and the last one. */
  from: Date
  to: Date
  /** What is wrong, by the unit in which it is; at most one a unit. */
  wrong: Map<number, BreakKind>
}

/** Spreads so many differences of all kinds evenly over a history. */
export function spread(kinds: readonly BreakKind[], count: number, movements: number) {
  const units = movements / UNIT
  return new Map(
    Array.from({ length: count }, (_, j): [number, BreakKind] => [
      Math.floor((j * units) / count),
      kinds[j % kinds.length],
    ])
  )
}

const amountOf = (n: number) => 10_000 + ((n * 7919) % 90_000)
const feeOf = (n: number) => Math.floor((amountOf(n) * 29) / 1000) + 30
/** The payment of a unit that is tampered with. */
const victimOf = (unit: number) => unit * UNIT + 2
/** Refunds that hang say so by this id. */
const AGED_AMOUNT = 1_000

/** What a run has to find: kind and subject of every break. */
export function expected({ wrong }: History): string[] {
  return [...wrong].map(([unit, kind]) => `${kind} ${subjectOf(kind, unit)}`).toSorted()
}

function subjectOf(kind: BreakKind, unit: number): string {
  switch (kind) {
    case 'missing_in_ledger':
      return `deposit:ch_stray_${unit}`
    case 'unknown_account':
      return `other:txn_${victimOf(unit)}_1`
    case 'aged_in_transit':
      return `refund_in_transit:${agedId(unit)}`
    default:
      return `deposit:ch_${victimOf(unit)}`
  }
}

function agedId(unit: number): string {
  return `00000000-0000-4000-8000-${String(unit).padStart(12, '0')}`
}

/** Posts a history's ledger, through `post_entries` as everybody does, and what its entries hang on. */
export async function postHistory(history: History): Promise<void> {
  const { client, project } = await activeProject({ payable: false })
  await db.rawQuery(
    'INSERT INTO escrow_accounts (project_id, currency) VALUES (?, ?) ON CONFLICT DO NOTHING',
    [project.id, 'USD']
  )
  const units = history.movements / UNIT
  const starts = Array.from(
    { length: Math.ceil(units / UNITS_AT_ONCE) },
    (_, batch) => batch * UNITS_AT_ONCE
  )
  const post = async () => {
    for (let first = starts.shift(); first !== undefined; first = starts.shift()) {
      const last = Math.min(first + UNITS_AT_ONCE, units) - 1
      await postUnits(history, { first, last, projectId: project.id, userId: client.id })
    }
  }
  await Promise.all([post(), post()])
  await db.rawQuery('ANALYZE transactions, deposits, journal_entries, postings, ledger_accounts')
}

async function postUnits(
  { from, to, movements, wrong }: History,
  part: { first: number; last: number; projectId: string; userId: string }
): Promise<void> {
  const victims = (kind: BreakKind) =>
    [...wrong]
      .filter(([unit, is]) => is === kind && unit >= part.first && unit <= part.last)
      .map(([unit]) => unit)
  const bindings = {
    begin: part.first * UNIT,
    end: part.last * UNIT + UNIT - 1,
    project: part.projectId,
    user: part.userId,
    start: from.getTime() / 1000,
    step: stepOf({ from, to, movements }),
    pending: victims('status').map(victimOf),
    aged: victims('aged_in_transit'),
  }
  await db.transaction(async (trx) => {
    await trx.rawQuery(
      `INSERT INTO transactions (id, escrow_account_id, user_id, transaction_type, payment_provider, rail,
          provider_transaction_id, status, amount, currency, deposit_id, sent_at, created_at)
        SELECT m.id, a.id, :user, m.type, 'stripe', 'stripe', m.source, m.status, m.amount, 'USD', m.deposit,
            m.at - interval '1 second', m.at - interval '1 second'
          FROM (${MOVEMENTS}) m JOIN escrow_accounts a ON a.project_id = :project
          ORDER BY m.n`,
      bindings
    )
    await trx.rawQuery(
      `INSERT INTO deposits (transaction_id, method, state, charge_id, expires_at)
        SELECT m.id, 'payment_element', CASE m.status WHEN 'pending' THEN 'live' ELSE 'applied' END, 'ch_' || m.n, m.at
          FROM (${MOVEMENTS}) m WHERE m.type = 'deposit'`,
      bindings
    )
    await trx.rawQuery(
      `INSERT INTO transactions (id, escrow_account_id, user_id, transaction_type, payment_provider, rail,
          status, amount, currency, sent_at)
        SELECT ${AGED_ID}, a.id, :user, 'refund', 'stripe', 'stripe', 'pending', ${AGED_AMOUNT}, 'USD',
            now() - interval '90 days'
          FROM unnest(CAST(:aged AS integer[])) unit JOIN escrow_accounts a ON a.project_id = :project`,
      bindings
    )
    await trx.rawQuery(
      `SELECT count(*) FROM post_entries((
          SELECT jsonb_agg(jsonb_build_object('reference', e.kind || ':' || e.id, 'kind', e.kind, 'event_at', e.at,
              'transaction_id', e.id, 'deposit_id', e.deposit, 'postings', jsonb_build_array(
                jsonb_build_object('account', e.debit, 'direction', 'debit', 'amount', e.amount::text, 'currency', 'USD'),
                jsonb_build_object('account', e.credit, 'direction', 'credit', 'amount', e.amount::text, 'currency', 'USD')
              )) ORDER BY e.n, e.step)
            FROM (
              SELECT m.n, m.id, m.deposit, m.at, x.*
                FROM (${MOVEMENTS}) m
                CROSS JOIN LATERAL (VALUES
                  ('deposit', 1, 'deposit_captured', 'clearing:stripe', 'escrow:g' || m.unit, m.amount),
                  ('deposit', 2, 'provider_fee', 'provider_fee', 'clearing:stripe', m.fee),
                  ('payout', 1, 'release', 'escrow:g' || m.unit, 'payable:g' || m.unit, m.amount),
                  ('payout', 2, 'payout_started', 'payable:g' || m.unit, 'payout_in_transit:g' || m.unit, m.amount),
                  ('payout', 3, 'payout_confirmed', 'payout_in_transit:g' || m.unit, 'clearing:stripe', m.amount),
                  ('refund', 1, 'refund_started', 'escrow:g' || m.unit, 'refund_in_transit:g' || m.unit, m.amount),
                  ('refund', 2, 'refund_succeeded', 'refund_in_transit:g' || m.unit, 'clearing:stripe', m.amount)
                ) x (type, step, kind, debit, credit, amount)
                WHERE x.type = m.type AND m.status = 'completed'
              UNION ALL
              SELECT unit * 10 + 9, ${AGED_ID}, NULL, now(), 'refund', 9, 'refund_started', 'escrow:g' || unit,
                  'refund_in_transit:' || ${AGED_ID}, ${AGED_AMOUNT}
                FROM unnest(CAST(:aged AS integer[])) unit
            ) e
        ))`,
      bindings
    )
  })
}

const AGED_ID = `CAST('00000000-0000-4000-8000-' || lpad(CAST(unit AS text), 12, '0') AS uuid)`
const AMOUNT = (n: string) => `(10000 + (CAST(${n} AS bigint) * 7919) % 90000)`

/** What `rowsOf` says, for the ledger's side. */
const MOVEMENTS = `
  SELECT n, n / 10 AS unit, CAST(md5('movement' || n) AS uuid) AS id,
      CASE n % 10 WHEN 8 THEN 'payout' WHEN 9 THEN 'refund' ELSE 'deposit' END AS type,
      CASE n % 10 WHEN 8 THEN 'tr_' WHEN 9 THEN 're_' ELSE 'pi_' END || n AS source,
      CASE WHEN n = ANY (CAST(:pending AS integer[])) THEN 'pending' ELSE 'completed' END AS status,
      CASE n % 10 WHEN 8 THEN ${AMOUNT('n - 8')} * 9 / 10 WHEN 9 THEN ${AMOUNT('n - 8')} ELSE ${AMOUNT('n')} END AS amount,
      ${AMOUNT('n')} * 29 / 1000 + 30 AS fee,
      CAST(md5('movement' || CASE WHEN n % 10 >= 8 THEN n - 8 ELSE n END) AS uuid) AS deposit,
      to_timestamp(:start + n * CAST(:step AS double precision)) AS at
    FROM generate_series(CAST(:begin AS integer), :end) n`

interface BalanceTransaction {
  id: string
  object: 'balance_transaction'
  type: string
  source: string
  amount: number
  fee: number
  net: number
  currency: string
  created: number
  available_on: number
  status: 'available'
  reporting_category: string
}

/** What Stripe lists of one movement: mostly one row, none or two where something is wrong. */
function rowsOf(n: number, history: History): BalanceTransaction[] {
  const at = Math.floor(history.from.getTime() / 1000 + n * stepOf(history))
  const row = (
    part: number,
    type: string,
    source: string,
    amount: number,
    fee = 0
  ): BalanceTransaction => ({
    id: `txn_${n}_${part}`,
    object: 'balance_transaction',
    type,
    source,
    amount,
    fee,
    net: amount - fee,
    currency: 'usd',
    created: at,
    available_on: at,
    status: 'available',
    reporting_category: type,
  })
  const k = n % UNIT
  if (k === 8) return [row(0, 'transfer', `tr_${n}`, -Math.floor((amountOf(n - 8) * 9) / 10))]
  if (k === 9) return [row(0, 'refund', `re_${n}`, -amountOf(n - 8))]

  const clean = row(0, 'charge', `ch_${n}`, amountOf(n), feeOf(n))
  const unit = (n - k) / UNIT
  if (n !== victimOf(unit)) return [clean]
  const { amount, fee, net } = clean
  switch (history.wrong.get(unit)) {
    case 'missing_in_ledger':
      return [clean, row(1, 'charge', `ch_stray_${unit}`, 12_345, 388)]
    case 'missing_at_provider':
      return []
    case 'amount':
      return [{ ...clean, amount: amount + 7, net: net + 7 }]
    case 'currency':
      return [{ ...clean, currency: 'eur' }]
    case 'fee':
      return [{ ...clean, fee: fee + 3, net: net - 3 }]
    case 'duplicate':
      return [clean, { ...clean, id: `txn_${n}_1` }]
    case 'unknown_account':
      return [clean, row(1, 'reserve_transaction', `rsv_${unit}`, -5_000)]
    case 'unexplained_remainder':
      return [{ ...clean, net: net - 5 }]
    default:
      return [clean]
  }
}

function stepOf({ from, to, movements }: Pick<History, 'from' | 'to' | 'movements'>): number {
  return (to.getTime() - from.getTime()) / 1000 / movements
}

/** Stripe's balance and its list of what it is made of, over HTTP, newest first and page by page. */
export class GeneratedStripe {
  #server: Server
  #balance = new Map<string, number>()

  constructor(private history: History) {
    for (let n = 0; n < history.movements; n++) {
      for (const { currency, net } of rowsOf(n, history)) {
        this.#balance.set(currency, (this.#balance.get(currency) ?? 0) + net)
      }
    }
    this.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url!, 'http://stripe')
      const body = pathname === '/v1/balance' ? this.#balanceNow() : this.#page(searchParams)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    })
  }

  /** @returns where it listens */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #balanceNow() {
    const available = [...this.#balance].map(([currency, amount]) => ({ currency, amount }))
    return { object: 'balance', livemode: false, available, pending: [] }
  }

  #page(query: URLSearchParams) {
    const from = Number(query.get('created[gte]'))
    const to = Number(query.get('created[lte]'))
    const after = /^txn_(\d+)_(\d+)$/.exec(query.get('starting_after') ?? '')
    const limit = Number(query.get('limit'))
    const data: BalanceTransaction[] = []
    let n = after ? Number(after[1]) : this.history.movements - 1
    let part = after ? Number(after[2]) : Number.POSITIVE_INFINITY
    for (; n >= 0 && data.length <= limit; n--) {
      for (const row of rowsOf(n, this.history).reverse()) {
        if (Number(row.id.split('_')[2]) >= part) continue
        if (row.created >= from && row.created <= to) data.push(row)
      }
      part = Number.POSITIVE_INFINITY
    }
    const more = data.length > limit
    return {
      object: 'list',
      url: '/v1/balance_transactions',
      has_more: more,
      data: data.slice(0, limit),
    }
  }
}
