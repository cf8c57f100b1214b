import { randomUUID } from 'node:crypto'
import pg from 'pg'
import env from '#start/env'
import { accounts, type AccountName } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { credit, debit, postEntries, type JournalEntryInput } from '#ledger/post_entries'
import { inTransaction } from '#database/transaction'
import { median, type Ratio } from './ratio.js'

/** At once, as many as the application's pool holds connections. */
const CALLERS = 8
/** Short, and many of them, so that a busy moment of the machine falls on both sides of a comparison. */
const ROUND_MS = 120

/**
 * How fast the ledger takes entries. Writes entries that belong to no transaction, so it needs a
 * database that is thrown away afterwards.
 */
export async function run(rounds: string): Promise<Ratio[]> {
  const books = await Promise.all(Array.from({ length: CALLERS }, openBooks))
  const prepared = new pg.Pool({
    connectionString: env.get('DATABASE_URL').release(),
    max: CALLERS,
  })
  try {
    return [
      await compare(Number(rounds), {
        name: 'posting with one hot fee account',
        subject: 'all callers credit platform_fee',
        reference: 'each caller credits an account of its own',
        required: 0.8,
        a: (caller) => post(release(books[caller], accounts.platformFee())),
        b: (caller) => post(release(books[caller], accounts.payable(`fees-${caller}`))),
      }),
      await compare(Number(rounds), {
        name: 'posting through the app',
        subject: 'inTransaction + postEntries',
        reference: 'a prepared call of post_entries',
        required: 0.7,
        a: (caller) => post(release(books[caller], accounts.platformFee())),
        b: (caller) => postPrepared(prepared, books[caller]),
      }),
    ]
  } finally {
    await prepared.end()
  }
}

interface Books {
  milestone: string
  freelancer: string
}

/** A milestone with more held than a bench can release. */
async function openBooks(): Promise<Books> {
  const books = { milestone: randomUUID(), freelancer: randomUUID() }
  const amount = Money.parse('99999999.99', 'USD')
  await post({
    reference: `bench:${books.milestone}`,
    kind: 'deposit_captured',
    postings: [
      debit(accounts.clearing('stripe'), amount),
      credit(accounts.escrow(books.milestone), amount),
    ],
  })
  return books
}

function release(books: Books, fees: AccountName): JournalEntryInput {
  return {
    reference: `bench:${randomUUID()}`,
    kind: 'release',
    postings: [
      debit(accounts.escrow(books.milestone), Money.of(100n, 'USD')),
      credit(accounts.payable(books.freelancer), Money.of(90n, 'USD')),
      credit(fees, Money.of(10n, 'USD')),
    ],
  }
}

function post(entry: JournalEntryInput): Promise<unknown> {
  return inTransaction((trx) => postEntries(trx, [entry]))
}

/** What one would write without a framework: a transaction around one named statement. */
async function postPrepared(pool: pg.Pool, books: Books): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query({
      name: 'post',
      text: 'SELECT * FROM post_entries($1)',
      values: [
        JSON.stringify([
          {
            reference: `bench:${randomUUID()}`,
            kind: 'release',
            postings: [
              {
                account: `escrow:${books.milestone}`,
                direction: 'debit',
                amount: '100',
                currency: 'USD',
              },
              {
                account: `payable:${books.freelancer}`,
                direction: 'credit',
                amount: '90',
                currency: 'USD',
              },
              { account: 'platform_fee', direction: 'credit', amount: '10', currency: 'USD' },
            ],
          },
        ]),
      ],
    })
    await client.query('COMMIT')
  } finally {
    client.release()
  }
}

interface Comparison extends Pick<Ratio, 'name' | 'subject' | 'reference' | 'required'> {
  a: (caller: number) => Promise<unknown>
  b: (caller: number) => Promise<unknown>
}

/**
 * Runs both in turns, so that a busy moment of the machine slows both, and takes the median of the
 * rounds. The first round warms up and does not count.
 */
async function compare(turns: number, { a, b, ...labels }: Comparison): Promise<Ratio> {
  const rounds: { a: number; b: number }[] = []
  for (let round = 0; round <= turns; round++) {
    // Who goes first changes, for the caches.
    const [first, second] = round % 2 ? [a, b] : [b, a]
    const perSecond = new Map([
      [first, await throughput(first)],
      [second, await throughput(second)],
    ])
    if (round > 0) rounds.push({ a: perSecond.get(a)!, b: perSecond.get(b)! })
  }
  return {
    ...labels,
    ratio: median(rounds.map((round) => round.a / round.b)),
    subjectPerSecond: Math.round(median(rounds.map((round) => round.a))),
    referencePerSecond: Math.round(median(rounds.map((round) => round.b))),
  }
}

async function throughput(operation: (caller: number) => Promise<unknown>): Promise<number> {
  const start = performance.now()
  let done = 0
  await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      while (performance.now() - start < ROUND_MS) {
        await operation(caller)
        done++
      }
    })
  )
  return (done / (performance.now() - start)) * 1000
}
