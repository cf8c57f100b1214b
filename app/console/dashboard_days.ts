import db from '@adonisjs/lucid/services/db'
import { withQuery } from '#console/formats'
import { formatMinor } from '#ledger/money'
import { EFFECT } from '#ledger/positions'

const DAYS = 30

/** As charts and tables show them, in this order. */
export const SERIES = ['deposits', 'releases', 'refunds'] as const
type Series = (typeof SERIES)[number]

interface DayRow {
  /** `2026-11-26`, in UTC. */
  day: string
  currency: string | null
  kind: 'deposit_captured' | 'release' | 'resolution' | 'refund_started'
  /** What left escrow (below zero: what came), minor units. */
  escrow: bigint
  /** What of it went on its way back to the client. */
  refunded: bigint
}

/**
 * What came to and left the milestones' accounts in the last 30 days, by the day on which it happened, and
 * by kind of entry; a reversal counts against the kind that it reverses. A day without any is there, too.
 * One query.
 */
export async function readDays(): Promise<DayRow[]> {
  const { rows } = await db.rawQuery<{ rows: DayRow[] }>(
    `WITH days AS (
       SELECT (now() AT TIME ZONE 'UTC')::date - back AS day FROM generate_series(0, :days - 1) back),
     moved AS (
       SELECT (e.event_at AT TIME ZONE 'UTC')::date AS day, p.currency::text, coalesce(r.kind, e.kind) AS kind,
              -coalesce(${EFFECT} FILTER (WHERE a.kind = 'escrow'), 0)::bigint AS escrow,
              coalesce(${EFFECT} FILTER (WHERE a.kind = 'refund_in_transit'), 0)::bigint AS refunded
         FROM journal_entries e
         LEFT JOIN journal_entries r ON r.id = e.reverses
         JOIN postings p ON p.entry_id = e.id
         JOIN ledger_accounts a ON a.id = p.account_id AND a.kind IN ('escrow', 'refund_in_transit')
        WHERE e.event_at >= ((now() AT TIME ZONE 'UTC')::date - (:days - 1)) AT TIME ZONE 'UTC'
          AND e.kind IN ('deposit_captured', 'release', 'resolution', 'refund_started', 'reversal')
          AND coalesce(r.kind, e.kind) IN ('deposit_captured', 'release', 'resolution', 'refund_started')
        GROUP BY 1, 2, 3)
     SELECT to_char(day, 'YYYY-MM-DD') AS day, currency, kind, escrow, refunded
       FROM days LEFT JOIN moved USING (day) ORDER BY day, currency, kind`,
    { days: DAYS } as never
  )
  return rows
}

interface Cell {
  amount: bigint
  href: string
}

interface Day extends Record<Series, Cell> {
  day: string
}

/** The last 30 days of one currency, as a chart and as the table beside it. */
export interface DaysChart {
  currency: string
  /** For the canvas, as JSON. */
  data: string
  /** Newest first, without those on which nothing happened. */
  days: Day[]
  totals: Record<Series, Cell>
}

/** One chart for each currency in which something happened. */
export function chartsOf(rows: DayRow[]): DaysChart[] {
  const days = [...new Set(rows.map(({ day }) => day))]
  const currencies = new Set(rows.flatMap(({ currency }) => currency ?? []))
  return [...currencies].toSorted().map((currency) => {
    const own = rows.filter((row) => row.currency === currency)
    const cells = days.map((day) => ({
      day,
      ...cellsOf(
        own.filter((row) => row.day === day),
        { from: day, to: day, currency }
      ),
    }))
    return {
      currency,
      data: JSON.stringify({
        labels: days.map((day) => day.slice(5)),
        series: SERIES.map((series) => ({
          label: series.charAt(0).toUpperCase() + series.slice(1),
          // Proportions only; the amounts are in the table.
          values: cells.map((cell) => Number(formatMinor(cell[series].amount, currency))),
        })),
      }),
      days: cells
        .filter((cell) => SERIES.some((series) => cell[series].amount !== 0n))
        .toReversed(),
      totals: cellsOf(own, { from: days[0], to: days.at(-1)!, currency }),
    }
  })
}

/** The figures of some rows, each with the entries of the journal that make it up. */
function cellsOf(rows: DayRow[], period: { from: string; to: string; currency: string }) {
  const cell = (share: (row: DayRow) => bigint): Cell => {
    const parts = rows.filter((row) => share(row) !== 0n)
    const kinds = new Set(parts.map(({ kind }) => kind))
    return {
      amount: parts.reduce((sum, row) => sum + share(row), 0n),
      // Of several kinds the journal shows all entries of those days.
      href: withQuery('/console/ledger/entries', period, {
        kind: kinds.size === 1 ? [...kinds][0] : '',
      }),
    }
  }
  return {
    deposits: cell(({ kind, escrow }) => (kind === 'deposit_captured' ? -escrow : 0n)),
    releases: cell(({ kind, escrow, refunded }) => {
      if (kind === 'release') return escrow
      return kind === 'resolution' ? escrow - refunded : 0n
    }),
    refunds: cell(({ kind, escrow, refunded }) => {
      // A refund of what was not for a milestone any more has no part in escrow.
      if (kind === 'refund_started') return escrow
      return kind === 'resolution' ? refunded : 0n
    }),
  }
}
