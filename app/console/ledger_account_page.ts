import db from '@adonisjs/lucid/services/db'
import { cutBy, PAGE, readCursor } from '#console/paging'
import { notFound } from '#exceptions/problem'
import type { Page } from '#transformers/page'
import { endOf, minorOf } from '#validators/console/filters'
import type { PostingsFilters } from '#validators/console/ledger'

/** One account in one currency; its stripes are summed. */
export interface Account {
  name: string
  currency: string
  kind: string
  category: string
  normal_side: 'debit' | 'credit'
  may_go_negative: boolean
  balance: bigint
  postings: bigint
  /** Rows that concurrent postings spread over; one for most accounts. */
  stripes: { id: bigint; stripe: number; balance: bigint; seq: bigint }[]
}

/** @throws Problem 404 for an account that nothing was ever posted to */
export async function readAccount(name: string, currency: string): Promise<Account> {
  const { rows } = await db.rawQuery(
    `SELECT a.id, a.name, a.currency, a.kind, k.kind AS category, a.normal_side, a.may_go_negative,
            a.stripe, a.balance, a.seq
       FROM ledger_accounts a JOIN ledger_account_kinds k ON k.prefix = a.kind
      WHERE a.name = ? AND a.currency = ? ORDER BY a.stripe`,
    [name.replaceAll('\0', ''), currency.replaceAll('\0', '')]
  )
  if (rows.length === 0) throw notFound('account')
  const { kind, category, normal_side: side, may_go_negative: mayGoNegative } = rows[0]
  return {
    name,
    currency,
    kind,
    category,
    normal_side: side,
    may_go_negative: mayGoNegative,
    balance: rows.reduce((sum: bigint, row: { balance: bigint }) => sum + row.balance, 0n),
    postings: rows.reduce((sum: bigint, row: { seq: bigint }) => sum + row.seq, 0n),
    stripes: rows,
  }
}

export interface PostingRow {
  stripe: number
  account_seq: bigint
  direction: 'debit' | 'credit'
  amount: bigint
  /** Of the account, all stripes together; with a filter, of the posting's stripe. */
  balance_after: bigint
  entry_id: bigint
  reference: string
  kind: string
  event_at: Date
  created_at: Date
  transaction_id: string | null
}

/**
 * An account's postings, newest first, by keyset on the number that each has in its account. A striped account
 * counts in each of its stripes apart: a cursor says how far each has been read, and a page takes of each
 * what is newest. Ids of entries may be out of order by a moment within a stripe, so what counts is the
 * smallest so far: no order of theirs can make a page pass over a posting.
 *
 * In that order the balance of the whole account is counted down from what all stripes had before the page.
 * A filter leaves postings out, so each tells what it has itself, the balance of its stripe.
 *
 * One query.
 */
export async function listPostings(
  account: Account,
  filters: PostingsFilters
): Promise<Page<PostingRow>> {
  const readTo = filters.after ? positionsIn(filters.after) : new Map<number, bigint>()
  const bindings: unknown[] = [
    account.stripes.map(({ id }) => id.toString()),
    account.stripes.map(({ stripe }) => stripe),
    account.stripes.map(({ stripe, seq }) => String(readTo.get(stripe) ?? seq + 1n)),
  ]
  const conditions = ['p.account_id = own.id', 'p.account_seq < own.before']
  const filter = (condition: string, value: unknown) => {
    conditions.push(condition)
    bindings.push(value)
  }
  if (filters.kind) filter('e.kind = ?', filters.kind)
  if (filters.reference) filter('e.reference = ?', filters.reference)
  if (filters.from) filter(`e.event_at >= ?::date AT TIME ZONE 'UTC'`, filters.from)
  if (filters.to) filter(`e.event_at < ?::date AT TIME ZONE 'UTC'`, endOf(filters.to))
  if (filters.amount) {
    filter('p.amount = ?', String(minorOf(filters.amount, account.currency) ?? -1n))
  }
  const { rows } = await db.rawQuery<{ rows: (PostingRow & { opening: bigint })[] }>(
    `WITH own AS (SELECT * FROM unnest(?::bigint[], ?::smallint[], ?::bigint[]) own (id, stripe, before))
     SELECT newest.*, (SELECT coalesce(sum(p.balance_after), 0)::bigint FROM own
         JOIN postings p ON p.account_id = own.id AND p.account_seq = own.before - 1) AS opening
       FROM own
       CROSS JOIN LATERAL (
         SELECT own.stripe, p.account_seq, p.direction, p.amount, p.balance_after, p.entry_id,
                e.reference, e.kind, e.event_at, e.created_at, e.transaction_id,
                min(p.entry_id) OVER (ORDER BY p.account_seq DESC) AS rank
           FROM postings p JOIN journal_entries e ON e.id = p.entry_id
          WHERE ${conditions.join(' AND ')}
          ORDER BY p.account_seq DESC LIMIT ${PAGE + 1}
       ) newest
      ORDER BY newest.rank DESC, newest.stripe, newest.account_seq DESC LIMIT ${PAGE + 1}`,
    bindings as never
  )
  if (!isFiltered(filters)) countDown(rows, account)
  return cutBy(rows, () => {
    for (const { stripe, account_seq: seq } of rows.slice(0, PAGE)) readTo.set(stripe, seq)
    return [...readTo].map(([stripe, seq]) => `${stripe}:${seq}`).join(' ')
  })
}

/** Whether some of its postings are left out. */
export function isFiltered({ after, ...filters }: PostingsFilters): boolean {
  return Object.values(filters).some((value) => value !== undefined)
}

/** Gives postings, newest first, the balance of the account after each. */
function countDown(rows: (PostingRow & { opening: bigint })[], account: Account): void {
  let balance = rows[0]?.opening ?? 0n
  for (const row of rows) {
    row.balance_after = balance
    balance += row.direction === account.normal_side ? -row.amount : row.amount
  }
}

function positionsIn(cursor: string): Map<number, bigint> {
  const text = readCursor(cursor, /^\d{1,2}:\d{1,18}( \d{1,2}:\d{1,18}){0,99}$/)
  return new Map(
    text.split(' ').map((part) => {
      const [stripe, seq] = part.split(':')
      return [Number(stripe), BigInt(seq)]
    })
  )
}
