import db from '@adonisjs/lucid/services/db'
import { cutBy, PAGE, readCursor } from '#console/paging'
import type { Page } from '#transformers/page'
import type { AccountsFilters } from '#validators/console/ledger'

/** All accounts of one kind in one currency. */
export interface KindTotal {
  kind: string
  currency: string
  /** Asset, liability, … */
  category: string
  normal_side: 'debit' | 'credit'
  accounts: bigint
  /** Minor units, positive on the normal side. */
  balance: bigint
  postings: bigint
  has_owner: boolean
}

/** Debits and credits of all accounts of a currency: the same, or the ledger is broken. */
export interface Trial {
  currency: string
  debits: bigint
  credits: bigint
}

/** The whole ledger by kind and currency, and its trial balance. One query. */
export async function readKinds(): Promise<{ kinds: KindTotal[]; trial: Trial[] }> {
  const { rows } = await db.rawQuery<{ rows: KindTotal[] }>(
    `SELECT a.kind, a.currency, k.kind AS category, k.normal_side, k.has_owner,
            count(DISTINCT a.name) AS accounts, sum(a.balance)::bigint AS balance, sum(a.seq)::bigint AS postings
       FROM ledger_accounts a JOIN ledger_account_kinds k ON k.prefix = a.kind
      GROUP BY a.kind, a.currency, k.kind, k.normal_side, k.has_owner
      ORDER BY a.currency, array_position(ARRAY['asset', 'liability', 'equity', 'revenue', 'expense', 'either'], k.kind),
               a.kind`
  )
  const trial = new Map<string, Trial>()
  for (const { currency, normal_side: side, balance } of rows) {
    const sums = trial.get(currency) ?? { currency, debits: 0n, credits: 0n }
    if (side === 'debit') sums.debits += balance
    else sums.credits += balance
    trial.set(currency, sums)
  }
  return { kinds: rows, trial: [...trial.values()] }
}

export interface AccountRow {
  name: string
  currency: string
  kind: string
  balance: bigint
  postings: bigint
}

/** Accounts by name, stripes as one. One query. */
export async function listAccounts(filters: AccountsFilters): Promise<Page<AccountRow>> {
  const query = db
    .from('ledger_accounts')
    .select('name', 'currency', 'kind')
    .select(db.raw('sum(balance)::bigint AS balance'), db.raw('sum(seq)::bigint AS postings'))
    .groupBy('name', 'currency', 'kind')
    .orderBy('name')
    .orderBy('currency')
    .limit(PAGE + 1)
  if (filters.kind) query.where('kind', filters.kind)
  if (filters.currency) query.where('currency', filters.currency)
  if (filters.name) query.where('name', filters.name)
  if (filters.balance) query.havingRaw(`sum(balance) ${filters.balance === 'zero' ? '=' : '<>'} 0`)
  if (filters.after) {
    const [name, currency] = readCursor(filters.after, CURSOR).split(' ')
    query.whereRaw('(name, currency) > (?, ?)', [name, currency])
  }
  return cutBy((await query) as AccountRow[], ({ name, currency }) => `${name} ${currency}`)
}

const CURSOR = /^[a-z_]+(:[A-Za-z0-9_-]{1,80})? [A-Z]{3}$/
