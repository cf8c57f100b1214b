import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { Money } from '#ledger/money'
import type { Rail } from '#models/transaction'
import Transaction from '#models/transaction'
import { ProviderFailure, type Provider } from '#payments/provider'
import { match } from '#payments/reconcile/match'
import { sums } from '#payments/reconcile/record'
import { withSession, type Session } from '#payments/reconcile/session'
import { createStage, stage, stageForeign } from '#payments/reconcile/stage'

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
  /** Whether the books have it as sent by that rail; what they have as unsent may be sent once more. */
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
 * It makes temporary tables in one transaction and rolls that back, so nothing is left of it.
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
  const { rail } = provider
  await session.rawQuery('BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE')
  try {
    const asOf = new Date()
    const named = new Map<string, string>()
    const balances = await provider.getBalance()
    await createStage(session)
    const read = async (period: { from: Date; to: Date }) => {
      let rows = 0
      const foreign = provider.listBalanceTransactions(period, (row) => stageForeign(session, row))
      await stage(session, foreign, ({ sourceId, transactionId }) => {
        onProgress?.((rows += 1))
        if (transactionId) named.set(sourceId, transactionId)
      })
    }
    await read({ from, to: asOf })
    const scope = {
      runId: '00000000-0000-0000-0000-000000000000',
      rail,
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
    const earlier = await match(session, scope)
    if (earlier) {
      await read({ from: earlier, to: new Date(from.getTime() - 1) })
      await match(session, { ...scope, staged: { from: earlier, to: asOf } })
    }
    await sums(session)
    const after = new Date(until.getTime() - graceMinutes * 60_000)
    for (const row of await differences(session)) {
      const amount = Money.of(row.difference, row.currency)
      if (row.there && row.at >= after) {
        verdict.lost.push({
          rail,
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
    verdict.balances = await readBalances(session)
  } finally {
    await session.rawQuery('ROLLBACK')
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
  const ours = await Transaction.query()
    .where('rail', lost.rail)
    .where((query) => {
      if (lost.source) query.orWhere('provider_transaction_id', lost.source)
      if (lost.source) query.orWhere('provider_source_id', lost.source)
      if (lost.transactionId) query.orWhere('id', lost.transactionId)
      if (!lost.source && !lost.transactionId) query.whereRaw('false')
    })
    .whereNotNull('sent_at')
    .first()
  lost.sent = ours !== null
  lost.known =
    lost.sent ||
    (lost.transactionId !== '' && (await Transaction.find(lost.transactionId)) !== null)
}

async function askWhose(provider: Provider, { kind, source }: LostMovement): Promise<string> {
  if (!source) return ''
  const ask = {
    deposit: () => provider.getDepositByCharge(source),
    payout: () => provider.getPayout(source),
    payout_returned: () => provider.getPayout(source),
    refund: () => provider.getRefund(source),
    refund_failed: () => provider.getRefund(source),
  }[kind]
  if (!ask) return ''
  const seen = await ask().catch((error) => {
    // PayPal lists a payout by the id of its transaction, and shows one by that of its batch.
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
