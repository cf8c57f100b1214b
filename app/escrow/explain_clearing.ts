import db from '@adonisjs/lucid/services/db'
import { isKnownCurrency, Money, sumOf, type Currency } from '#ledger/money'
import {
  NOT_A_DEPOSIT,
  ProviderFailure,
  providerKey,
  type Provider,
  type ProviderBalance,
  type ProviderDeposit,
  type ProviderDispute,
  type ProviderMovement,
} from '#payments/provider'
import { offeredRails, providerOfRail } from '#payments/registry'
import Transaction, { type Rail } from '#models/transaction'

/** One thing that our books and the provider's balance do not agree on, and why that is right. */
export interface Explanation {
  reason: string
  /** Our transaction, or the provider's dispute. */
  subject: string
  /** By how much the provider has more (or, negative, less) than our books. */
  amount: Money
}

export interface ClearingCheck {
  rail: Rail
  currency: Currency
  /**
   * agrees: clearing = available + pending. explained: it differs, and all of that is known. unexplained:
   * something is left, which is a break. no_answer: the provider did not answer. moving: money moved all
   * the time while we looked, so nothing can be said.
   */
  verdict: 'agrees' | 'explained' | 'unexplained' | 'no_answer' | 'moving'
  /** What our books say. */
  ledger: Money
  /** What the provider says. */
  available?: Money
  pending?: Money
  /** Of what is available, set aside for payouts and refunds that were sent or are about to be. */
  reserved: Money
  explained: Explanation[]
  unexplained?: Money
  /** For people: why there is no answer, or that not everything could be asked about. */
  note: string
}

/** Objects asked about for one rail and look; who has more open business wants reconcile:provider. */
const MOST_ASKED = 500
const AT_ONCE = 4

/** Looks before we give up on a moment in which nothing moves. */
const LOOKS = 3

/** What a webhook may not have told yet: late failures, fees that were an estimate, disputes. */
const RECENT_DAYS = 3

/**
 * Compares our clearing accounts with what the providers have for us, available and pending together, for
 * every rail that is offered and every currency that either side knows. A difference is looked into: what
 * is open in our books, and what just ended, is asked for, and what each of it makes of the difference is
 * an explanation. Nothing is booked here, and no provider is asked within a database transaction.
 */
export async function explainClearing(): Promise<ClearingCheck[]> {
  const checks: ClearingCheck[] = []
  for (const rail of offeredRails()) checks.push(...(await explainRail(rail)))
  return checks
}

async function explainRail(rail: Rail): Promise<ClearingCheck[]> {
  const provider = providerOfRail(rail)
  try {
    for (let looks = 1; ; looks++) {
      const before = await positions(provider)
      const wanted = before.filter((position) => !differenceOf(position).isZero)
      if (wanted.length === 0) return before.map((position) => checkOf(position, NOTHING))
      const found = await findExplanations(provider, wanted)
      const after = await positions(provider)
      if (same(before, after)) return before.map((each) => checkOf(each, found))
      if (looks === LOOKS) return after.map(movingCheck)
    }
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    const ours = await ledgerPositions(rail)
    return ours.map((position) => ({
      ...position,
      verdict: 'no_answer' as const,
      explained: [],
      note: failure.message,
    }))
  }
}

interface LedgerPosition {
  rail: Rail
  currency: Currency
  ledger: Money
  reserved: Money
}

type Position = LedgerPosition & Required<Pick<ClearingCheck, 'available' | 'pending'>>

async function ledgerPositions(rail: Rail, more: Currency[] = []): Promise<LedgerPosition[]> {
  const { rows } = await db.rawQuery(
    `SELECT c.currency,
        (SELECT coalesce(sum(balance), 0)::bigint FROM ledger_accounts
          WHERE name = :account AND currency = c.currency) AS ledger,
        (SELECT coalesce(sum(amount), 0)::bigint FROM reservations
          WHERE rail = :rail AND currency = c.currency AND settled_at IS NULL) AS reserved
       FROM (SELECT currency FROM ledger_accounts WHERE name = :account
             UNION SELECT unnest(:more::text[])) c
      ORDER BY c.currency`,
    { account: `clearing:${rail}`, rail, more }
  )
  return rows.map((row: { currency: Currency; ledger: bigint; reserved: bigint }) => ({
    rail,
    currency: row.currency,
    ledger: Money.of(row.ledger, row.currency),
    reserved: Money.of(row.reserved, row.currency),
  }))
}

/** The provider first: what it has just told us of may be booked already, and that the second look sees. */
async function positions(provider: Provider): Promise<Position[]> {
  const told = await provider.getBalance()
  const balances = told.filter(({ currency }) => isKnownCurrency(currency))
  const currencies = balances.map(({ currency }) => currency)
  const ours = await ledgerPositions(provider.rail, currencies)
  return ours.map((position) => ({ ...position, ...theirs(balances, position.currency) }))
}

function theirs(balances: ProviderBalance[], currency: Currency) {
  const zero = Money.zero(currency)
  const { available, pending } = balances.find((each) => each.currency === currency) ?? {
    available: zero,
    pending: zero,
  }
  return { available, pending }
}

/** How much more the provider has. */
function differenceOf({ available, pending, ledger }: Position): Money {
  return available.add(pending).subtract(ledger)
}

/** What is available only moves over from what is pending as time goes by: their sum counts. */
function same(before: Position[], after: Position[]): boolean {
  const told = (all: Position[]) =>
    all.map((each) => `${each.ledger} ${each.available.add(each.pending)}`).join()
  return told(before) === told(after)
}

const NOTHING: Found = { lines: [], note: '', silent: false, unknown: new Set() }

function checkOf(position: Position, { lines, note, silent, unknown }: Found): ClearingCheck {
  const { currency } = position
  const difference = differenceOf(position)
  const explained = lines.filter(({ amount }) => amount.currency === currency)
  const rest = difference.subtract(
    sumOf(
      explained.map(({ amount }) => amount),
      currency
    )
  )
  if (difference.isZero) {
    return { ...position, verdict: 'agrees', explained: [], unexplained: difference, note: '' }
  }
  // What was sent and is not found may have left: then nobody can say that what is missing is a break.
  const mayHaveLeft = unknown.has(currency) && rest.minor < 0n
  const open = silent || mayHaveLeft
  const verdict = rest.isZero ? 'explained' : open ? 'no_answer' : 'unexplained'
  return { ...position, verdict, explained, unexplained: rest, note: rest.isZero ? '' : note }
}

function movingCheck(position: Position): ClearingCheck {
  const note = 'Money moved all the time while we looked. Try again, or run reconcile:provider.'
  if (differenceOf(position).isZero) return checkOf(position, NOTHING)
  return { ...position, verdict: 'moving', explained: [], note }
}

interface Found {
  lines: Explanation[]
  /** Why something may be left unexplained that could be explained. */
  note: string
  /** Something that may explain the rest was asked for, and the provider did not answer. */
  silent: boolean
  /** Currencies in which something was sent of which the provider cannot say what became of it. */
  unknown: Set<Currency>
}

/** First what is open, then what ended of late, which is only asked for if something is left. */
async function findExplanations(provider: Provider, wanted: Position[]): Promise<Found> {
  const asked = new Set<string>()
  const found: Found = { ...NOTHING, lines: [], unknown: new Set() }
  for (const stage of [openTransactions, recentTransactions]) {
    const ids = [...(await stage(provider))].filter((id) => !asked.has(id))
    const room = MOST_ASKED - asked.size
    if (ids.length > room) {
      found.note = `Only ${MOST_ASKED} of the ${asked.size + ids.length} transactions that may explain it were asked for; run reconcile:provider.`
    }
    const now = ids.slice(0, room)
    for (const id of now) asked.add(id)
    for (let start = 0; start < now.length; start += AT_ONCE) {
      const part = now.slice(start, start + AT_ONCE)
      await Promise.all(
        part.map((id) => explainInto(found, () => explainTransaction(provider, id, found)))
      )
    }
    if (stage === openTransactions) await explainInto(found, () => explainDisputes(provider))
    if (wanted.every((position) => checkOf(position, found).verdict === 'explained')) break
  }
  return found
}

/** One that cannot be looked at may be what is missing: then nobody can say that the rest is a break. */
async function explainInto(found: Found, explain: () => Promise<Explanation[]>): Promise<void> {
  try {
    found.lines.push(...(await explain()))
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    found.silent = true
    found.note = failure.message
  }
}

/** What is on its way, what has no fee yet, and what events tell of that nobody has handled. */
async function openTransactions(provider: Provider): Promise<Set<string>> {
  const { rows } = await db.rawQuery(
    `SELECT t.id FROM transactions t LEFT JOIN deposits d ON d.transaction_id = t.id
      WHERE t.rail = ? AND t.transaction_type IN ('deposit', 'refund', 'payout')
        AND (t.status = 'pending' AND (t.sent_at IS NOT NULL OR t.provider_transaction_id <> '')
          OR t.status = 'completed' AND d.state IN ('applied', 'unapplied') AND d.provider_fee IS NULL)
      ORDER BY t.created_at DESC`,
    [provider.rail]
  )
  return new Set([
    ...(await subjectsOfOpenEvents(provider)),
    ...rows.map(({ id }: { id: string }) => id),
  ])
}

async function recentTransactions(provider: Provider): Promise<Set<string>> {
  const { rows } = await db.rawQuery(
    `SELECT id FROM transactions
      WHERE rail = ? AND transaction_type IN ('deposit', 'refund', 'payout')
        AND provider_transaction_id <> '' AND status <> 'pending'
        AND completed_at > now() - make_interval(days => ?)
      ORDER BY completed_at DESC`,
    [provider.rail, RECENT_DAYS]
  )
  return new Set(rows.map(({ id }: { id: string }) => id))
}

async function subjectsOfOpenEvents(provider: Provider): Promise<string[]> {
  const events = await db
    .from('inbox_events')
    .where('rail', provider.rail)
    .whereIn('status', ['received', 'failed'])
    .orderBy('received_at', 'desc')
    .limit(MOST_ASKED)
    .select('payload')
  const names = events.map(({ payload }) => {
    const { subject } = provider.parseEvent(payload)
    return 'id' in subject ? subject.id : ''
  })
  const { rows } = await db.rawQuery(
    `SELECT t.id FROM transactions t LEFT JOIN deposits d ON d.transaction_id = t.id
      WHERE t.rail = ? AND (t.provider_transaction_id = ANY (?) OR d.charge_id = ANY (?))`,
    [provider.rail, names, names]
  )
  return rows.map(({ id }: { id: string }) => id)
}

/** What one transaction makes of the difference: what it did to the provider's balance less what is booked. */
async function explainTransaction(
  provider: Provider,
  id: string,
  found: Found
): Promise<Explanation[]> {
  const transaction = await Transaction.findOrFail(id)
  const observed = await look(provider, transaction)
  if (!observed) {
    if (transaction.transactionType !== 'deposit' && transaction.sentAt) {
      found.unknown.add(transaction.currency)
      found.note = `What became of ${transaction.transactionType} ${id} is not known; run reconcile:pending.`
    }
    return []
  }
  const { amount: moved, reason } = observed
  const booked = await bookedOf(transaction)
  const differs = moved.currency !== booked.currency
  const difference = differs ? moved : moved.subtract(booked)
  if (difference.isZero) return []
  return [
    {
      reason: reason(difference, booked),
      subject: `${transaction.transactionType} ${id}`,
      amount: difference,
    },
  ]
}

interface Observed {
  /** What it did to the provider's balance so far, signed. */
  amount: Money
  reason: (difference: Money, booked: Money) => string
}

async function look(provider: Provider, transaction: Transaction): Promise<Observed | undefined> {
  const { providerTransactionId: known, transactionType } = transaction
  try {
    if (transactionType === 'deposit') {
      if (!known) return undefined
      return deposited(await provider.getDeposit(known))
    }
    const kind = transactionType === 'refund' ? 'refund' : 'payout'
    const movement = known
      ? await (kind === 'refund' ? provider.getRefund(known) : provider.getPayout(known))
      : await find(provider, kind, transaction)
    return movement && sent(movement)
  } catch (error) {
    if (error instanceof ProviderFailure && error.code === NOT_A_DEPOSIT) return undefined
    throw error
  }
}

async function find(provider: Provider, kind: 'refund' | 'payout', transaction: Transaction) {
  const { rows } = await db.rawQuery(
    `SELECT e.project_id, d.charge_id FROM transactions t
       JOIN escrow_accounts e ON e.id = t.escrow_account_id
       LEFT JOIN deposits d ON d.transaction_id = t.deposit_id
      WHERE t.id = ?`,
    [transaction.id]
  )
  return provider.findByMetadata(kind, transaction.id, {
    projectId: rows[0].project_id,
    chargeId: (kind === 'refund' && rows[0].charge_id) || undefined,
    since: transaction.createdAt.toJSDate(),
    key: providerKey(transaction.id, transaction.attempt),
    keySentAt: transaction.sentAt?.toJSDate(),
    amount: Money.of(transaction.amount, transaction.currency),
  })
}

/** A provider that does not know its fee yet has not brought the payment into the balance either. */
function deposited({ state, amount, fee }: ProviderDeposit): Observed {
  const zero = Money.zero(amount.currency)
  const moved = state === 'captured' && fee ? amount.subtract(fee) : zero
  return {
    amount: moved,
    reason: (difference, booked) => {
      if (moved.isZero) return 'captured, and not in the balance before its fee is final'
      if (booked.isZero) return 'captured, and not booked yet'
      return difference.minor < 0n ? 'its fee is not booked yet' : 'not booked in full yet'
    },
  }
}

function sent({ state, amount, fee, returnedAmount, debited }: ProviderMovement): Observed {
  const zero = Money.zero(amount.currency)
  const cost = fee?.currency === amount.currency ? amount.add(fee) : amount
  const back = state === 'returned' ? (returnedAmount ?? amount) : zero
  const left =
    state === 'pending' ? (debited ?? zero) : state === 'failed' ? cost.subtract(amount) : cost
  return {
    amount: zero.subtract(left).add(back),
    reason: (difference, booked) => {
      if (difference.minor > 0n) return 'came back, and not booked yet'
      if (state === 'pending') return 'taken from the balance while its outcome is open'
      return booked.isZero ? 'sent, and not booked yet' : 'its fee is not booked yet'
    },
  }
}

/**
 * What our books have moved for the present attempt of a transaction on its rail, signed: that is the one which
 * its provider is asked for, and one before it may have left its fee. What its disputes cost, which carries its
 * name, too, is explained with them.
 */
async function bookedOf(transaction: Transaction): Promise<Money> {
  const { id, rail, currency, attempt, transactionType } = transaction
  const isFirst = attempt === 1 || transactionType === 'deposit'
  const since = isFirst ? 0n : await beginningOf(transaction)
  if (since === undefined) return Money.zero(currency)
  const { rows } = await db.rawQuery(
    `SELECT coalesce(sum(CASE p.direction WHEN 'debit' THEN p.amount ELSE -p.amount END), 0)::bigint AS minor
       FROM journal_entries e
       JOIN postings p ON p.entry_id = e.id
       JOIN ledger_accounts a ON a.id = p.account_id AND a.name = ? AND a.currency = ?
      WHERE (e.transaction_id = ? OR e.transaction_id IS NULL AND e.deposit_id = ?)
        AND NOT starts_with(e.reference, 'dispute_movement:') AND e.id >= ?`,
    [`clearing:${rail}`, currency, id, id, String(since)]
  )
  return Money.of(rows[0].minor, currency)
}

/** The entry with which the present attempt begins; undefined if nothing is booked of it yet. */
async function beginningOf({ id, attempt }: Transaction): Promise<bigint | undefined> {
  const { rows } = await db.rawQuery<{ rows: { first: bigint | null }[] }>(
    `SELECT max(id) AS first FROM journal_entries WHERE transaction_id = :id
        AND (kind = 'refund_started' OR reference = :payout)`,
    { id, payout: `payout_started:${id}:${attempt}` }
  )
  return rows[0].first ?? undefined
}

const DAY = 86_400_000
const DISPUTE_DAYS = 30

/** What disputes of late have moved and nobody has booked. Each of their movements is booked under its id. */
async function explainDisputes(provider: Provider): Promise<Explanation[]> {
  const to = new Date()
  const from = new Date(to.getTime() - DISPUTE_DAYS * DAY)
  const lines: Explanation[] = []
  for await (const dispute of provider.listDisputes({ from, to })) {
    lines.push(...(await unbookedMovements(provider.rail, dispute)))
  }
  return lines
}

async function unbookedMovements(rail: Rail, dispute: ProviderDispute): Promise<Explanation[]> {
  if (dispute.movements.length === 0) return []
  const { rows } = await db.rawQuery(
    `SELECT e.reference FROM chargebacks c
       JOIN journal_entries e ON e.reference = ANY (
         SELECT 'dispute_movement:' || c.id || ':' || movement FROM unnest(?::text[]) movement)
      WHERE c.rail = ? AND c.provider_dispute_id = ?`,
    [dispute.movements.map(({ id }) => id), rail, dispute.id]
  )
  const references = rows.map(({ reference }: { reference: string }) => reference)
  return dispute.movements
    .filter(({ id }) => !references.some((reference: string) => reference.endsWith(`:${id}`)))
    .map(({ kind, amount, fee }) => {
      const whole = fee.currency === amount.currency ? amount.add(fee) : amount
      const zero = Money.zero(amount.currency)
      return {
        reason: `${kind} for a dispute, and not booked yet`,
        subject: `dispute ${dispute.id}`,
        amount: kind === 'withdrawn' ? zero.subtract(whole) : whole,
      }
    })
}
