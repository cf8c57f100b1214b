import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { Money } from '#ledger/money'
import Payout from '#models/payout'
import type { Rail } from '#models/transaction'
import Transaction from '#models/transaction'
import { ProviderFailure, type Period, type Provider } from '#payments/provider'
import { match, type Scope } from '#payments/reconcile/match'
import { sums } from '#payments/reconcile/record'
import { withSession, type Session } from '#payments/reconcile/session'
import { createStage, stage, stageForeign } from '#payments/reconcile/stage'
import { readPayment } from '#recovery/read_payment'

/** Money that moved at a provider, and that these books do not have. */
export interface LostMovement {
  rail: Rail
  /** The provider's word for its kind in ours: `deposit`, `payout`, `refund`, `fee`, … */
  kind: string
  /** What the provider calls the row, and what caused it. */
  id: string
  source: string
  /** What is missing in the books, signed as the provider's balance moved. */
  amount: Money
  at: Date
  /** Our own id of it, as the provider's record has it; empty if that says none. */
  transactionId: string
  /** Whether a transaction of these books stands for it. If one does, it is found again by itself. */
  known: boolean
  /** Whether the books have this very movement as sent; what they have as unsent may be sent once more. */
  sent: boolean
}

export interface RailVerdict {
  rail: Rail
  /** no_answer: nobody can say, see `note`. */
  verdict: 'agrees' | 'broken' | 'no_answer'
  note: string
  lost: LostMovement[]
  /** Differences that are no news since the backup, in words; the books had them, or the restore made them. */
  broken: string[]
  /** As `broken`, and the backup knows of them: breaks that were open when it was made. */
  open: number
  /** What is left of the provider's balance when the books and all of that are taken off, by currency. */
  balances: {
    currency: string
    provider: Money
    clearing: Money
    missing: Money
    remainder: Money
  }[]
}

export interface FindLost {
  /** How far the backup goes. */
  until: Date
  /** From when on movements are compared one by one. */
  from: Date
  /** What may be booked so long after it happened, in minutes: the setting `reconcile_grace_minutes`. */
  graceMinutes: number
  onProgress?: (rows: number) => void
}

/** The books have it under way, or the provider's list is late: nothing was lost, and nothing is wrong. */
const BOOKS_KNOW = new Set(['unlisted', 'in_flight'])

/** Of one rail; each is asked for at the provider, for whose it is. */
const MOST_ASKED = 2000

/**
 * Finds what a provider did that a restored database does not know, and whether the two agree in all else: with
 * the matching that compares the live books each day.
 *
 * What the provider lists goes to temporary tables first, while no transaction is open; then one snapshot of the
 * books is compared with it. Nothing is left of either.
 */
export async function findLost(provider: Provider, options: FindLost): Promise<RailVerdict> {
  const { rail } = provider
  const verdict: RailVerdict = {
    rail,
    verdict: 'agrees',
    note: '',
    lost: [],
    broken: [],
    open: 0,
    balances: [],
  }
  try {
    await withSession((session) => compare(session, provider, options, verdict))
    for (const lost of verdict.lost.slice(0, MOST_ASKED)) await identify(provider, lost)
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    return { ...verdict, verdict: 'no_answer', note: error.message }
  }
  for (const { remainder, currency } of verdict.balances) {
    if (remainder.isZero) continue
    verdict.broken.push(
      `${remainder} of the ${currency} balance at ${rail} is explained by nothing since ${options.from.toISOString()}`
    )
  }
  if (verdict.broken.length > 0) verdict.verdict = 'broken'
  return verdict
}

interface Row {
  kind: string
  verdict: string
  key: string
  id: string | null
  source: string | null
  reference: string | null
  currency: string
  difference: bigint
  at: Date
  there: boolean
  open: boolean
}

async function compare(
  session: Session,
  provider: Provider,
  { until, from, graceMinutes, onProgress }: FindLost,
  verdict: RailVerdict
): Promise<void> {
  const asOf = new Date()
  const named = new Map<string, string>()
  // Before its movements, so that all that it is the sum of are among them.
  const balances = await provider.getBalance()
  await writing(session, 'COMMIT', () => createStage(session))
  const read = async (period: Period) => {
    let rows = 0
    const foreign = provider.listBalanceTransactions(period, (row) => stageForeign(session, row))
    await stage(session, foreign, ({ sourceId, transactionId }) => {
      onProgress?.((rows += 1))
      if (transactionId) named.set(sourceId, transactionId)
    })
  }
  await read({ from, to: asOf })
  const scope: Scope = {
    runId: '00000000-0000-0000-0000-000000000000',
    rail: provider.rail,
    period: { from, to: asOf },
    staged: { from, to: asOf },
    asOf,
    graceMs: 0,
    lagMs: provider.balanceTransactionLagMs,
    inTransitDays: 36_500,
    balances: Object.fromEntries(
      balances.map((each) => [each.currency, each.available.add(each.pending).minor])
    ),
  }
  const after = new Date(until.getTime() - graceMinutes * 60_000)
  const compareStaged = (mayNeedMore: boolean) =>
    writing(session, 'ROLLBACK', async () => {
      const earlier = await match(session, scope)
      if (mayNeedMore && earlier) return earlier
      await sums(session)
      sortOut(await differences(session), { after, named }, verdict)
      verdict.balances = await readBalances(session)
    })
  const earlier = await compareStaged(true)
  if (!earlier) return
  await read({ from: earlier, to: new Date(from.getTime() - 1) })
  scope.staged = { from: earlier, to: asOf }
  await compareStaged(false)
}

/**
 * Runs `work` on one snapshot, in which temporary tables can be made: a restored database is opened for reading,
 * and lets nobody make one who does not say so. To fill them it lets everybody.
 */
async function writing<T>(
  session: Session,
  end: 'COMMIT' | 'ROLLBACK',
  work: () => Promise<T>
): Promise<T> {
  await session.rawQuery('BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE')
  let result: T
  try {
    result = await work()
  } catch (error) {
    // The error that counts is the one at hand; a connection that cannot roll back is thrown away by the session.
    await session.rawQuery('ROLLBACK').catch(() => {})
    throw error
  }
  await session.rawQuery(end)
  return result
}

/** Parts what was lost since the backup from what differs for another reason. */
function sortOut(
  rows: Row[],
  { after, named }: { after: Date; named: ReadonlyMap<string, string> },
  verdict: RailVerdict
): void {
  for (const row of rows) {
    const amount = Money.of(row.difference, row.currency)
    if (row.there && row.at >= after) {
      verdict.lost.push({
        rail: verdict.rail,
        kind: row.kind,
        id: row.id!,
        source: row.source ?? '',
        amount,
        at: row.at,
        transactionId: named.get(row.source ?? '') ?? '',
        known: false,
        sent: false,
      })
    } else if (row.open) verdict.open += 1
    else if (!BOOKS_KNOW.has(row.verdict)) {
      const what = row.verdict.replaceAll('_', ' ')
      verdict.broken.push(`${row.key}: ${what}, ${amount} (${row.id ?? row.reference})`)
    }
  }
}

/** What differs, oldest first. An entry whose movement the provider does not list yet is on one side, too. */
async function differences(session: Session): Promise<Row[]> {
  const { rows } = await session.rawQuery<Row>(`
    SELECT v.kind, v.verdict, v.key, v.id, m.source_id AS source, v.reference, v.currency,
        v.difference::bigint AS difference, v.happened_at AS at, v.p_rows > 0 AS there,
        EXISTS (SELECT FROM reconciliation_breaks b
          WHERE b.rail = s.rail AND b.resolved_at IS NULL AND b.subject = v.key) AS open
      FROM scope s
      CROSS JOIN verdicts v
      LEFT JOIN LATERAL (SELECT source_id FROM movements m WHERE m.key = v.key ORDER BY no LIMIT 1) m ON true
      WHERE v.core AND v.verdict NOT IN ('matched', 'counterpart')
      ORDER BY v.happened_at, v.key`)
  return rows
}

async function readBalances(session: Session): Promise<RailVerdict['balances']> {
  const { rows } = await session.rawQuery<{
    currency: string
    provider: bigint
    clearing: bigint
    remainder: bigint
    uncertain: bigint
  }>(`
    SELECT currency, provider_balance AS provider, clearing_balance AS clearing,
        balance_remainder AS remainder, balance_uncertain AS uncertain
      FROM totals WHERE provider_balance IS NOT NULL ORDER BY currency`)
  return rows.map(({ currency, provider, clearing, remainder, uncertain }) => {
    const size = remainder < 0n ? -remainder : remainder
    const left = size > uncertain ? remainder : 0n
    return {
      currency,
      provider: Money.of(provider, currency),
      clearing: Money.of(clearing, currency),
      missing: Money.of(provider - clearing - left, currency),
      remainder: Money.of(left, currency),
    }
  })
}

/** Whose a movement is: the provider's record carries our id, if its list does not. */
async function identify(provider: Provider, lost: LostMovement): Promise<void> {
  lost.transactionId ||= await askWhose(provider, lost)
  const ours = await standsFor(lost)
  if (ours) {
    lost.sent =
      lost.kind === 'payout' ? await isSentAs(provider, ours, lost.source) : ours.sentAt !== null
  }
  lost.known =
    ours !== null ||
    (lost.transactionId !== '' && (await Transaction.find(lost.transactionId)) !== null)
}

/** The transaction of that rail that has a movement's name, or whose id the movement carries. */
async function standsFor({ rail, source, transactionId }: LostMovement) {
  const named =
    source &&
    (await Transaction.query()
      .where('rail', rail)
      .where((query) =>
        query.where('provider_transaction_id', source).orWhere('provider_source_id', source)
      )
      .first())
  if (named) return named
  if (!transactionId) return null
  return Transaction.query().where('rail', rail).where('id', transactionId).first()
}

/** Their money is on its way or has arrived; that of all others is owed, and may be sent. */
const SENT = new Set(['in_transit', 'paid', 'returned'])

/**
 * Whether the books have a payout as sent, and as this movement. One that waits or was refused was not, whatever
 * it went through before; and of one that went as another movement, this one is a second payment. One that is in
 * transit without a name is looked up before anything is sent for it again.
 */
async function isSentAs(
  provider: Provider,
  { id, providerTransactionId: name, providerSourceId }: Transaction,
  source: string
): Promise<boolean> {
  const payout = await Payout.find(id)
  if (!payout || !SENT.has(payout.state)) return false
  if (!name || name === source || providerSourceId === source) return true
  if (providerSourceId) return false
  // The list may have another name for it, which the books learn with the next look at it.
  const record = await provider.getPayout(name).catch((error) => {
    if (error instanceof ProviderFailure) return undefined
    throw error
  })
  return record?.balanceSourceId === source
}

async function askWhose(provider: Provider, { kind, source }: LostMovement): Promise<string> {
  if (!source) return ''
  const ask = {
    deposit: () => provider.getDepositByCharge(source),
    payout: () => readPayment(provider, source),
    payout_returned: () => readPayment(provider, source),
    refund: () => provider.getRefund(source),
    refund_failed: () => provider.getRefund(source),
  }[kind]
  if (!ask) return ''
  const seen = await ask().catch((error) => {
    if (error instanceof ProviderFailure) return undefined
    throw error
  })
  return seen && isUuid(seen.transactionId) ? seen.transactionId : ''
}

/** Where comparing begins: a day before the end of the backup, or what was sent and is still open before that. */
export async function comparedFrom(until: Date): Promise<Date> {
  const { rows } = await db.rawQuery(
    `SELECT min(sent_at) AS oldest FROM transactions
      WHERE status = 'pending' AND sent_at > ?::timestamptz - interval '30 days'`,
    [until]
  )
  const day = until.getTime() - 86_400_000
  const oldest: Date | null = rows[0].oldest
  return new Date(Math.min(day, oldest?.getTime() ?? day))
}
