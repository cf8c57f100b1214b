import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { accounts, type AccountName, type EntryKind } from '#ledger/chart_of_accounts'
import { balanceOf } from '#ledger/balances'
import { Money } from '#ledger/money'
import { credit, debit, postEntries, type JournalEntryInput } from '#ledger/post_entries'
import { inTransaction } from '#database/transaction'

export const usd = (minor: number | bigint) => Money.of(BigInt(minor), 'USD')

/** Posts in a transaction of its own, as an operation does. */
export const post = (...entries: JournalEntryInput[]) =>
  inTransaction((trx) => postEntries(trx, entries))

export const balance = async (account: AccountName) => (await balanceOf(db, account, 'USD')).minor

type Line = [account: AccountName, minor: number | bigint]

/** An entry of dollars; without a reference it gets one of its own. */
export function entry(
  kind: EntryKind,
  debits: Line[],
  credits: Line[],
  more: Partial<JournalEntryInput> = {}
): JournalEntryInput {
  return {
    reference: `test:${randomUUID()}`,
    kind,
    postings: [
      ...debits.map(([account, minor]) => debit(account, usd(minor))),
      ...credits.map(([account, minor]) => credit(account, usd(minor))),
    ],
    ...more,
  }
}

export const deposited = (milestone: string, minor: number, more?: Partial<JournalEntryInput>) =>
  entry(
    'deposit_captured',
    [[accounts.clearing('stripe'), minor]],
    [[accounts.escrow(milestone), minor]],
    more
  )

export const released = (
  milestone: string,
  freelancer: string,
  { net, fee }: { net: number; fee: number },
  more?: Partial<JournalEntryInput>
) =>
  entry(
    'release',
    [[accounts.escrow(milestone), net + fee]],
    [
      [accounts.payable(freelancer), net],
      [accounts.platformFee(), fee],
    ],
    more
  )

/** The SQLSTATE that a statement is refused with; undefined if it passes. */
export async function refusedWith(
  sql: string,
  bindings: unknown[] = []
): Promise<string | undefined> {
  try {
    await db.rawQuery(sql, bindings as never)
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

/** Changes what the triggers would refuse, as a restored half or a careless superuser would. */
export async function corrupt(...statements: string[]): Promise<void> {
  await db.transaction(async (trx) => {
    await trx.rawQuery('SET LOCAL session_replication_role = replica')
    for (const statement of statements) await trx.rawQuery(statement)
  })
}
