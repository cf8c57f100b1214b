import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { mayPost, type AccountName, type EntryKind } from '#ledger/chart_of_accounts'
import type { Money } from '#ledger/money'

export type Direction = 'debit' | 'credit'

/** One line of an entry. Build it with `debit` and `credit`. */
export interface PostingInput {
  account: AccountName
  direction: Direction
  /** Above zero. */
  amount: Money
}

export interface JournalEntryInput {
  /** What makes this effect happen once: `release:<transaction id>`. */
  reference: string
  kind: EntryKind
  /** When it happened in the world; the database's now if not given. Not part of the content. */
  eventAt?: Date
  transactionId?: string
  milestoneId?: string
  depositId?: string
  /** The reference of the entry that this one is the mirror image of. */
  reverses?: string
  postings: PostingInput[]
}

export interface PostedEntry {
  reference: string
  id: bigint
  /** False if the same entry had been posted before: nothing moved now. */
  inserted: boolean
}

/** The ledger refused to post. Nothing was written, and the database transaction is lost. */
export class LedgerRefusal extends Error {
  constructor(
    message: string,
    /** The account or the entry's reference that it is about. */
    readonly subject: string,
    options?: ErrorOptions
  ) {
    super(message, options)
    this.name = new.target.name
  }
}

/** An account would hold less than nothing. */
export class InsufficientFunds extends LedgerRefusal {
  get account(): AccountName {
    return this.subject as AccountName
  }
}

/** The reference was used before for an entry that said something else. */
export class ReferenceReused extends LedgerRefusal {}

/** Debits and credits differ, lines are missing, or a reversal is not the mirror of its original. */
export class UnbalancedEntry extends LedgerRefusal {}

/** An account that the chart does not have, or not in entries of this kind. */
export class UnknownAccount extends LedgerRefusal {}

/** SQLSTATEs that the ledger's triggers and functions raise (database/migrations/0004). */
const REFUSALS: Record<
  string,
  new (...args: ConstructorParameters<typeof LedgerRefusal>) => LedgerRefusal
> = {
  SL001: ReferenceReused,
  SL002: InsufficientFunds,
  SL003: UnbalancedEntry,
  SL004: LedgerRefusal,
  SL005: UnknownAccount,
  SL006: LedgerRefusal,
}

export function debit(account: AccountName, amount: Money): PostingInput {
  return { account, direction: 'debit', amount }
}

export function credit(account: AccountName, amount: Money): PostingInput {
  return { account, direction: 'credit', amount }
}

/**
 * Writes journal entries, all or none, in one round trip. Missing accounts are made. Call it once
 * per operation and last, after every other lock was taken: it locks balance rows, and whoever
 * holds one should be about to commit.
 *
 * Idempotent by `reference`: an entry that is there already with the same content is left alone.
 *
 * @returns one row per entry, in their order
 * @throws InsufficientFunds if an account would go negative that may not
 * @throws ReferenceReused if a reference exists with other content
 * @throws UnbalancedEntry if debits and credits of an entry differ in a currency
 * @throws UnknownAccount if the chart has no such account, or not for entries of this kind
 */
export async function postEntries(
  trx: TransactionClientContract,
  entries: JournalEntryInput[]
): Promise<PostedEntry[]> {
  try {
    // Named, so that the server keeps it prepared: parsing and planning it costs as much as sending it.
    const { rows }: { rows: PostedEntry[] } = await trx
      .knexRawQuery('SELECT reference, entry_id AS id, inserted FROM post_entries(?)', [
        JSON.stringify(entries.map(toJson)),
      ])
      .options({ name: 'post_entries' })
    return rows
  } catch (error) {
    throw refusalOf(error) ?? error
  }
}

/** As `post_entries` reads it. Amounts go as text: a JSON number is a float to many readers. */
function toJson(entry: JournalEntryInput) {
  return {
    reference: entry.reference,
    kind: entry.kind,
    event_at: entry.eventAt,
    transaction_id: entry.transactionId,
    milestone_id: entry.milestoneId,
    deposit_id: entry.depositId,
    reverses: entry.reverses,
    postings: entry.postings.map(({ account, direction, amount }) => {
      if (!mayPost(entry.kind, direction, account)) {
        throw new UnknownAccount(
          `An entry of kind ${entry.kind} does not ${direction} ${account}`,
          account
        )
      }
      return { account, direction, amount: amount.minor.toString(), currency: amount.currency }
    }),
  }
}

/** The error class of a refusal by the database; undefined for any other error. */
export function refusalOf(error: unknown): LedgerRefusal | undefined {
  if (!(error instanceof Error)) return
  const { code, detail } = error as Error & { code?: string; detail?: string }
  if (!code || !Object.hasOwn(REFUSALS, code)) return
  // The driver puts the query before the database's words.
  const message = error.message.slice(error.message.lastIndexOf(' - ') + 3)
  return new REFUSALS[code](message, detail ?? '', { cause: error })
}
