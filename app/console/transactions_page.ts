import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { PAGE } from '#console/paging'
import type { PaymentProvider, Rail, TransactionStatus, TransactionType } from '#models/transaction'
import { cutPage, decodeCursor, type Page } from '#transformers/page'
import { endOf, minorOf } from '#validators/console/filters'
import type { TransactionsFilters } from '#validators/console/transactions'

interface TransactionRow {
  id: string
  transaction_type: TransactionType
  status: TransactionStatus
  rail: Rail
  payment_provider: PaymentProvider
  amount: bigint
  currency: string
  provider_transaction_id: string
  wait_reason: string
  failure_message: string
  created_at: Date
  user_id: string | null
  user_name: string | null
}

/** Transactions, newest first. One query. */
export async function listTransactions(
  filters: TransactionsFilters
): Promise<Page<TransactionRow>> {
  const query = db
    .from('transactions AS t')
    .leftJoin('users AS u', 'u.id', 't.user_id')
    .select('t.id', 't.transaction_type', 't.status', 't.rail', 't.payment_provider', 't.amount')
    .select('t.currency', 't.provider_transaction_id', 't.wait_reason', 't.failure_message')
    .select('t.created_at', 't.user_id')
    .select(db.raw(`nullif(trim(u.first_name || ' ' || u.last_name), '') AS user_name`))
    .orderBy('t.id', 'desc')
    .limit(PAGE + 1)
  if (filters.type) query.where('t.transaction_type', filters.type)
  if (filters.status) query.where('t.status', filters.status)
  if (filters.rail) query.where('t.rail', filters.rail)
  if (filters.provider) query.where('t.payment_provider', filters.provider)
  if (filters.currency) query.where('t.currency', filters.currency)
  const { least, most, currency, from, to, user } = filters
  if (least) query.where('t.amount', '>=', String(minorOf(least, currency) ?? 0n))
  if (most) query.where('t.amount', '<=', String(minorOf(most, currency) ?? 0n))
  if (from) query.whereRaw(`t.created_at >= ?::date AT TIME ZONE 'UTC'`, [from])
  if (to) query.whereRaw(`t.created_at < ?::date AT TIME ZONE 'UTC'`, [endOf(to)])
  if (user && isUuid(user)) query.where('t.user_id', user)
  else if (user) query.where('u.email', user.toLowerCase())
  if (filters.after) query.where('t.id', '<', decodeCursor(filters.after))
  return cutPage((await query) as TransactionRow[], PAGE)
}
