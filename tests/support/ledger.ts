import db from '@adonisjs/lucid/services/db'
import { balanceOf } from '#ledger/balances'
import type { AccountName } from '#ledger/chart_of_accounts'
import { formatMinor } from '#ledger/money'
import { verifyLedger } from '#ledger/verify'

/** What an account holds, as a decimal. */
export async function held(account: AccountName, currency = 'USD'): Promise<string> {
  const { minor } = await balanceOf(db, account, currency)
  return formatMinor(minor, currency)
}

/** The kinds of all entries, oldest first. */
export async function entryKinds(): Promise<string[]> {
  const rows = await db.from('journal_entries').orderBy('id').select('kind')
  return rows.map((row) => row.kind)
}

/** What `reconcile:ledger` would complain about. */
export async function breaks(): Promise<string[]> {
  const { breaks: found } = await verifyLedger()
  return found.map(({ subject, message }) => `${subject}: ${message}`)
}
