import db from '@adonisjs/lucid/services/db'
import { validate as isUuid } from 'uuid'
import { money, words } from '#console/formats'
import { redact } from '#console/redact'
import { notFound } from '#exceptions/problem'
import Transaction from '#models/transaction'
import { Money } from '#ledger/money'
import {
  ProviderFailure,
  type Provider,
  type ProviderDeposit,
  type ProviderMovement,
} from '#payments/provider'
import { providerFor } from '#payments/registry'

export interface ProviderRecord {
  transaction: Transaction
  /** As the provider has it at this moment, without secrets; empty if it gave no answer. */
  record?: unknown
  /** What both sides say, side by side; empty if it gave no answer. */
  compared: Compared[]
  /** Why there is none, in words for staff. */
  failure?: string
  askedAt: Date
}

/** One thing that both sides know, in words. */
interface Compared {
  what: string
  ours: string
  theirs: string
  isSame: boolean
}

const RECORDED = ['deposit', 'refund', 'payout'] as const

/**
 * Asks a transaction's provider for its own record of it, and compares what both say. Nothing is booked, and
 * no database transaction waits for the answer: the provider's client ends it in time.
 *
 * @throws Problem 404 if there is no such transaction, or none that a provider knows of
 */
export async function readProviderRecord(id: string): Promise<ProviderRecord> {
  const transaction = isUuid(id) ? await Transaction.find(id, { client: db.connection() }) : null
  const kind = RECORDED.find((each) => each === transaction?.transactionType)
  if (!transaction || !kind || !transaction.providerTransactionId) throw notFound('provider record')
  const askedAt = new Date()
  const theirId = transaction.providerTransactionId
  try {
    const provider = providerFor(transaction.paymentProvider)
    const [record, observed, ours] = await Promise.all([
      provider.rawRecord(kind, theirId),
      LOOK[kind](provider, theirId),
      ourState(transaction),
    ])
    return {
      transaction,
      record: redact(record),
      compared: compare(transaction, ours, observed),
      askedAt,
    }
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    return { transaction, compared: [], failure: `${error.code}: ${error.message}`, askedAt }
  }
}

const LOOK = {
  deposit: (provider: Provider, id: string) => provider.getDeposit(id),
  refund: (provider: Provider, id: string) => provider.getRefund(id),
  payout: (provider: Provider, id: string) => provider.getPayout(id),
} satisfies Record<(typeof RECORDED)[number], unknown>

type Observed = ProviderDeposit | ProviderMovement

/** The state of a deposit or payout, which says more than its transaction's. One query. */
async function ourState({ id, status }: Transaction): Promise<string> {
  const { rows } = await db.rawQuery<{ rows: { state: string | null }[] }>(
    `SELECT coalesce((SELECT state FROM deposits WHERE transaction_id = :id),
                     (SELECT state FROM payouts WHERE transaction_id = :id)) AS state`,
    { id }
  )
  return rows[0].state ?? status
}

/** Which states of the provider's are those that we know a transaction in. */
const SAME_AS: Record<Transaction['status'], readonly Observed['state'][]> = {
  pending: ['open', 'approved', 'processing', 'pending'],
  completed: ['captured', 'succeeded'],
  failed: ['cancelled', 'failed', 'returned'],
}

function compare(
  { amount, currency, status }: Transaction,
  state: string,
  observed: Observed
): Compared[] {
  const ours = Money.of(amount, currency)
  const theirs = observed.amount
  // What came back of a payout was paid before: its transaction stays completed.
  const isSameState =
    state === 'returned' ? observed.state === 'returned' : SAME_AS[status].includes(observed.state)
  return [
    {
      what: 'Amount',
      ours: figureOf(ours),
      theirs: figureOf(theirs),
      isSame: ours.minor === theirs.minor,
    },
    {
      what: 'Currency',
      ours: ours.currency,
      theirs: theirs.currency,
      isSame: ours.currency === theirs.currency,
    },
    { what: 'State', ours: words(state), theirs: words(observed.state), isSame: isSameState },
  ]
}

const figureOf = ({ minor, currency }: Money) => money(minor, currency).split(' ')[0]
