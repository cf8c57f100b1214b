import db from '@adonisjs/lucid/services/db'
import { accountPage } from '#console/links'
import { withQuery } from '#console/formats'
import { accounts } from '#ledger/chart_of_accounts'
import { balancesByKind } from '#ledger/positions'
import type { Rail } from '#models/transaction'

/** Money of one kind, by currency. */
export interface MoneyFigure {
  label: string
  about: string
  amounts: { amount: bigint; currency: string; href: string }[]
}

/** What is shown, in this order. What is no everyday business is shown only where there is some. */
const FIGURES: { kind: string; label: string; about: string; always: boolean }[] = [
  { kind: 'escrow', label: 'Held', about: 'for milestones', always: true },
  { kind: 'payable', label: 'Payable', about: 'released, not sent yet', always: true },
  { kind: 'payout_in_transit', label: 'Payouts in transit', about: 'not confirmed', always: true },
  { kind: 'refund_in_transit', label: 'Refunds in transit', about: 'not confirmed', always: true },
  {
    kind: 'refund_payable',
    label: 'Refunds owed',
    about: 'no rail could carry them',
    always: false,
  },
  { kind: 'unapplied', label: 'Unapplied', about: 'came for what is gone', always: false },
  {
    kind: 'chargeback_receivable',
    label: 'In chargebacks',
    about: 'claimed back while open',
    always: false,
  },
  {
    kind: 'freelancer_receivable',
    label: 'Owed to us',
    about: 'by freelancers',
    always: false,
  },
  { kind: 'suspense', label: 'Suspense', about: 'nobody has explained it yet', always: false },
]

/** What the accounts hold, by kind and currency; nothing before the first posting. One query. */
export async function readMoney(): Promise<MoneyFigure[]> {
  const rows = await balancesByKind(
    db,
    FIGURES.map(({ kind }) => kind)
  )
  return FIGURES.flatMap(({ kind, label, about, always }) => {
    const found = rows.filter((row) => row.kind === kind && (always || row.balance !== 0n))
    const amounts = found.map(({ balance: amount, currency }) => ({
      amount,
      currency,
      href: pageOfKind(kind, currency),
    }))
    return amounts.length === 0 ? [] : [{ label, about, amounts }]
  })
}

/** Where the accounts of a kind are, or the one that there is. */
export function pageOfKind(kind: string, currency: string): string {
  if (kind === 'suspense') return accountPage(accounts.suspense(), currency)
  if (kind === 'payout_in_transit') return '/console/payouts?state=in_transit'
  return withQuery('/console/ledger/accounts', {}, { kind, currency, balance: 'not_zero' })
}

export interface Position {
  rail: Rail
  currency: string
  /** Our balance by our books, now. Minor units, as the others. */
  clearing: bigint
  clearingHref: string
  /** Set aside for payouts and refunds that were sent or are about to be. */
  reserved: bigint
  /** What open breaks are about, added up whichever way each goes: those that cancel each other out as well. */
  inBreaks: bigint
  /** The last comparison of balances; nothing before the first. */
  run: Comparison | null
}

interface Comparison {
  id: string
  asOf: Date
  provider: bigint
  clearing: bigint
  /** Of the difference, what is on one side only because it is on its way. */
  inFlight: bigint
  /** The rest: breaks, and what nobody knows. */
  unexplained: bigint
}

/**
 * What each rail has for us, as its provider said it at the last comparison, against `clearing` at that
 * moment and now. One query.
 */
export async function readPositions(): Promise<Position[]> {
  const { rows } = await db.rawQuery<{
    rows: {
      rail: Rail
      currency: string
      clearing: bigint
      reserved: bigint
      in_breaks: bigint
      run_id: string | null
      as_of: Date
      provider_then: bigint
      clearing_then: bigint
      in_flight: bigint
    }[]
  }>(
    `WITH booked AS (
       SELECT split_part(name, ':', 2) AS rail, currency::text, sum(balance)::bigint AS balance
         FROM ledger_accounts WHERE kind = 'clearing' GROUP BY 1, 2),
     last AS (
       SELECT r.rail, t.currency, u.id AS run_id, u.as_of, t.provider_balance, t.clearing_balance,
              t.balance_in_flight
         FROM unnest(ARRAY['stripe', 'paypal']) AS r (rail)
         CROSS JOIN LATERAL (
           SELECT id, as_of FROM reconciliation_runs u
            WHERE u.rail = r.rail AND u.status = 'finished'
              AND EXISTS (SELECT FROM reconciliation_totals t
                           WHERE t.run_id = u.id AND t.provider_balance IS NOT NULL)
            ORDER BY u.id DESC LIMIT 1) u
         JOIN reconciliation_totals t ON t.run_id = u.id AND t.provider_balance IS NOT NULL),
     reserved AS (
       SELECT rail, currency::text, sum(amount)::bigint AS amount
         FROM reservations WHERE settled_at IS NULL GROUP BY 1, 2),
     broken AS (
       SELECT rail, currency::text, sum(amount)::bigint AS amount
         FROM reconciliation_breaks WHERE resolved_at IS NULL GROUP BY 1, 2)
     SELECT rail, currency, coalesce(b.balance, 0)::bigint AS clearing, coalesce(r.amount, 0)::bigint AS reserved,
            coalesce(x.amount, 0)::bigint AS in_breaks, l.run_id, l.as_of, l.provider_balance AS provider_then,
            coalesce(l.clearing_balance, 0)::bigint AS clearing_then,
            coalesce(l.balance_in_flight, 0)::bigint AS in_flight
       FROM booked b FULL JOIN last l USING (rail, currency) LEFT JOIN reserved r USING (rail, currency)
       LEFT JOIN broken x USING (rail, currency)
      ORDER BY rail DESC, currency`
  )
  return rows.map((row) => ({
    rail: row.rail,
    currency: row.currency,
    clearing: row.clearing,
    clearingHref: accountPage(accounts.clearing(row.rail), row.currency),
    reserved: row.reserved,
    inBreaks: row.in_breaks,
    run: row.run_id === null ? null : comparisonOf({ ...row, run_id: row.run_id }),
  }))
}

function comparisonOf(row: {
  run_id: string
  as_of: Date
  provider_then: bigint
  clearing_then: bigint
  in_flight: bigint
}): Comparison {
  return {
    id: row.run_id,
    asOf: row.as_of,
    provider: row.provider_then,
    clearing: row.clearing_then,
    inFlight: row.in_flight,
    unexplained: row.provider_then - row.clearing_then - row.in_flight,
  }
}
