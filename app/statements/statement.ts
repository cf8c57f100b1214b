import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { Money, type Currency } from '#ledger/money'
import { ACCOUNTS_OF, EFFECT, type Holder } from '#ledger/positions'
import { unprocessable } from '#exceptions/problem'
import type { PaymentProvider, TransactionStatus } from '#models/transaction'

/** A year, and the day that some have more. */
export const MAX_DAYS = 366

const DAY_MS = 86_400_000

/** Half-open: entries that were booked at `from` or later, and before `to`. */
export interface Period {
  from: Date
  to: Date
}

/** @throws Problem 422 for a period that is empty, or longer than `MAX_DAYS` */
export function assertPeriod({ from, to }: Period): void {
  if (to <= from) {
    throw unprocessable('to', 'after', 'to must be after from: the period ends before that moment.')
  }
  if (to.getTime() - from.getTime() > MAX_DAYS * DAY_MS) {
    throw unprocessable('to', 'period', `A statement is of at most ${MAX_DAYS} days.`)
  }
}

/** One row of a statement. Of an opening or a closing balance there is only what can be. */
export interface StatementRow {
  /** When it was booked. */
  date: Date
  /** When it happened in the world, which we may have heard of later. */
  valueDate?: Date
  type: string
  project?: { id: string; title: string }
  milestone?: { id: string; title: string }
  /** Signed: more of what is theirs, or less. `net` = `amount` - `fee`. */
  amount?: Money
  fee?: Money
  net?: Money
  /** Of everything in this currency, after this row. */
  balance: Money
  provider?: PaymentProvider
  providerReference?: string
  transactionId?: string
  /** Of the transaction, today. */
  status?: TransactionStatus
  journalReference?: string
}

/**
 * What the kinds of entries are called on a statement. A kind that is not here changes no position, or has
 * its own name there.
 */
const TYPES: Record<string, string> = {
  deposit_captured: 'deposit',
  unapplied_received: 'deposit',
  refund_succeeded: 'refund',
  refund_paid_by_hand: 'refund',
  refund_failed: 'refund_returned',
  chargeback_lost: 'chargeback',
  chargeback_loss_reversed: 'chargeback_reversed',
  payout_confirmed: 'payout',
  debt_written_off: 'debt_forgiven',
  debt_recovered: 'debt_paid',
  suspense_booked: 'adjustment',
}

/** So many rows are in memory at a time. */
const FETCH = 500

interface EntryRow {
  reference: string
  kind: string
  created_at: Date
  event_at: Date
  currency: Currency
  net: bigint
  fee: bigint
  project_id: string | null
  project_title: string | null
  milestone_id: string | null
  milestone_title: string | null
  payment_provider: PaymentProvider | null
  provider_transaction_id: string | null
  transaction_id: string | null
  status: TransactionStatus | null
}

/**
 * The rows of a person's statement: for each currency in which anything ever moved, its opening balance;
 * then, as they were booked, all entries of the period that changed what is theirs; then the closing balances.
 *
 * What is theirs is their position in the ledger (`app/ledger/positions.ts`). A client's is what we hold for
 * them: deposits add to it; releases, refunds that have gone and lost chargebacks take from it. A freelancer's
 * is what we owe them less what they owe us: releases add their net to it; payouts that have arrived and lost
 * chargebacks take from it. What only moves within it, such as a payout that is on its way, is no row.
 * So for each currency: opening + sum of `net` = closing, and a closing balance of now is the ledger's.
 *
 * The day of booking decides, not that of the event: what was booked stays in its period for good. An entry
 * for several milestones has a row for each.
 *
 * @param trx one snapshot for all of it; rows come by a cursor, few at a time
 */
export async function* statementRows(
  trx: TransactionClientContract,
  holder: Holder,
  userId: string,
  period: Period
): AsyncGenerator<StatementRow> {
  const bounds = await balancesAround(trx, holder, userId, period)
  const balances = new Map<Currency, Money>()
  for (const { currency, opening } of bounds) {
    balances.set(currency, opening)
    yield { date: period.from, type: 'opening_balance', balance: opening }
  }
  for await (const entry of entriesOf(trx, holder, userId, period)) {
    const net = Money.of(entry.net, entry.currency)
    const balance = balances.get(entry.currency)!.add(net)
    balances.set(entry.currency, balance)
    yield rowOf(entry, net, balance)
  }
  for (const { currency, closing } of bounds) {
    if (!balances.get(currency)!.equals(closing)) {
      throw new Error(`The statement of ${userId} does not add up to ${closing}`)
    }
    yield { date: period.to, type: 'closing_balance', balance: closing }
  }
}

async function balancesAround(
  trx: TransactionClientContract,
  holder: Holder,
  userId: string,
  { from, to }: Period
): Promise<{ currency: Currency; opening: Money; closing: Money }[]> {
  const { rows } = await trx.rawQuery(
    `SELECT p.currency, coalesce(${EFFECT} FILTER (WHERE e.created_at < :from), 0)::bigint AS opening,
        ${EFFECT}::bigint AS closing
       FROM (${ACCOUNTS_OF[holder]}) own
       JOIN postings p ON p.account_id = own.id
       JOIN journal_entries e ON e.id = p.entry_id
      WHERE e.created_at < :to
      GROUP BY 1 ORDER BY 1`,
    { user: userId, from, to }
  )
  return rows.map((row: { currency: Currency; opening: bigint; closing: bigint }) => ({
    currency: row.currency,
    opening: Money.of(row.opening, row.currency),
    closing: Money.of(row.closing, row.currency),
  }))
}

async function* entriesOf(
  trx: TransactionClientContract,
  holder: Holder,
  userId: string,
  { from, to }: Period
): AsyncGenerator<EntryRow> {
  // All of it will be read: not a plan that is quick to the first rows and slow to the last.
  await trx.rawQuery('SET LOCAL cursor_tuple_fraction = 1')
  await trx.rawQuery(`DECLARE statement NO SCROLL CURSOR FOR ${ENTRIES(holder)}`, {
    user: userId,
    from,
    to,
  } as never)
  for (;;) {
    const { rows } = await trx.rawQuery<{ rows: EntryRow[] }>(`FETCH ${FETCH} FROM statement`)
    yield* rows
    if (rows.length < FETCH) return
  }
}

/** The fee is on what comes to a freelancer; a client pays none. */
const FEE: Record<Holder, string> = {
  client: '0::bigint',
  freelancer: `coalesce((
    SELECT ${EFFECT}::bigint FROM postings p JOIN ledger_accounts f ON f.id = p.account_id
     WHERE p.entry_id = e.id AND f.kind = 'platform_fee' AND p.currency = moved.currency
       AND e.kind IN ('release', 'resolution')), 0)`,
}

const ENTRIES = (holder: Holder) => `
  WITH moved AS (
    SELECT e.id, coalesce(own.milestone_id, e.milestone_id) AS milestone_id, p.currency, ${EFFECT}::bigint AS net
      FROM (${ACCOUNTS_OF[holder]}) own
      JOIN postings p ON p.account_id = own.id
      JOIN journal_entries e ON e.id = p.entry_id
     WHERE e.created_at >= :from AND e.created_at < :to
     GROUP BY 1, 2, 3
    HAVING ${EFFECT} <> 0
  )
  SELECT e.reference, e.kind, e.created_at, e.event_at, moved.currency, moved.net, ${FEE[holder]} AS fee,
      project.id AS project_id, project.title AS project_title,
      m.id AS milestone_id, m.title AS milestone_title,
      t.id AS transaction_id, t.payment_provider, t.provider_transaction_id, t.status
    FROM moved
    JOIN journal_entries e ON e.id = moved.id
    LEFT JOIN transactions t ON t.id = e.transaction_id
    LEFT JOIN transactions d ON d.id = e.deposit_id
    LEFT JOIN escrow_accounts account
      ON account.id = coalesce(t.escrow_account_id, d.escrow_account_id)
    LEFT JOIN projects project ON project.id = account.project_id
    LEFT JOIN milestones m ON m.id = moved.milestone_id
   ORDER BY e.id, moved.milestone_id, moved.currency`

function rowOf(entry: EntryRow, net: Money, balance: Money): StatementRow {
  const fee = Money.of(entry.fee, entry.currency)
  return {
    date: entry.created_at,
    valueDate: entry.event_at,
    type: TYPES[entry.kind] ?? entry.kind,
    ...(entry.project_id && { project: { id: entry.project_id, title: entry.project_title! } }),
    ...(entry.milestone_id && {
      milestone: { id: entry.milestone_id, title: entry.milestone_title! },
    }),
    amount: net.add(fee),
    fee,
    net,
    balance,
    provider: entry.payment_provider ?? undefined,
    providerReference: entry.provider_transaction_id || undefined,
    transactionId: entry.transaction_id ?? undefined,
    status: entry.status ?? undefined,
    journalReference: entry.reference,
  }
}
