import { endpoint, ok, type Call, type Json, type Reply } from '../endpoint.js'
import { invalid, refused } from '../errors.js'
import { moneyOf } from '../money.js'
import { DAY } from '../options.js'
import type { Movement } from '../shapes.js'
import type { Row } from '../store.js'
import type { World } from '../world.js'

export const reportingEndpoints = [
  endpoint('GET', '/v1/reporting/transactions', search),
  endpoint('GET', '/v1/reporting/balances', balances),
]

/** Parameters that narrow the list; with any of them, no row says what the balance was after it. */
const FILTERS = [
  'transaction_id',
  'transaction_type',
  'transaction_status',
  'transaction_amount',
  'transaction_currency',
] as const

/**
 * The movements of our balance in a period of up to 31 days, oldest first, by when they were made.
 * Their order and that it is this time that counts are not in the document.
 */
function search({ world, query }: Call): Reply {
  const from = timeOf(query.start_date, 'start_date')
  const to = timeOf(query.end_date, 'end_date')
  if (to < from || to - from > 31 * DAY) {
    throw invalid('INVALID_PARAMETER_VALUE', 'end_date', 'query')
  }
  const size = wholeNumber(query.page_size ?? '100', 'page_size', 500)
  const page = wholeNumber(query.page ?? '1', 'page', 2_147_483_647)
  const refreshed = world.clock.now - world.options.reportingLagMs
  const every = query.balance_affecting_records_only === 'N'
  const found = withBalances(world).filter(({ row: { data, hidden } }) => {
    const at = hidden.createdAt ?? 0
    const shown = at >= from && at < to + 1000 && at <= refreshed
    return shown && (every || data.affects) && fits(data, query)
  })
  if (found.length > world.options.searchLimit) {
    throw refused(
      400,
      'RESULTSET_TOO_LARGE',
      'Result set size is greater than the maximum limit. Change the filter criteria and try again.'
    )
  }
  const pages = Math.ceil(found.length / size)
  const filtered = FILTERS.some((name) => query[name] !== undefined)
  const rows = found.slice((page - 1) * size, page * size)
  const at = (rel: string, number: number) =>
    world.link(
      rel,
      `/v1/reporting/transactions?${new URLSearchParams({ ...query, page: String(number), page_size: String(size) })}`
    )
  return ok({
    // The document has no list without rows.
    ...(rows.length > 0 && {
      transaction_details: rows.map(({ row, balance }) =>
        detailOf(row, filtered ? undefined : balance, query.fields ?? 'transaction_info')
      ),
    }),
    account_number: world.merchant.merchant_id,
    start_date: isoOf(from),
    end_date: isoOf(to),
    last_refreshed_datetime: isoOf(refreshed),
    page,
    total_items: found.length,
    total_pages: pages,
    links: [at('self', page), ...(page < pages ? [at('next', page + 1), at('last', pages)] : [])],
  })
}

function fits(data: Movement, query: Record<string, string>): boolean {
  const [low = 0, high = Infinity] =
    (query.transaction_amount ?? '').match(/\d+/g)?.map(Number) ?? []
  const amount = Math.abs(data.gross)
  return (
    is(query.transaction_id, data.transaction_id) &&
    is(query.transaction_type, data.event_code) &&
    is(query.transaction_status, data.status) &&
    is(query.transaction_currency, data.currency) &&
    amount >= low &&
    amount <= high
  )
}

function is(wanted: string | undefined, value: string): boolean {
  return wanted === undefined || wanted === value
}

/** Every movement with the balance after it, in the order in which they were made. */
function withBalances(world: World): { row: Row<'movement'>; balance: number }[] {
  const totals = new Map<string, number>()
  return world.store.rows('movement').map((row) => {
    const { affects, currency, gross, fee } = row.data
    const balance = (totals.get(currency) ?? 0) + (affects ? gross + fee : 0)
    totals.set(currency, balance)
    return { row, balance }
  })
}

function detailOf({ data }: Row<'movement'>, balance: number | undefined, fields: string): Json {
  const { currency, gross, fee, reference, invoice_id: invoice, custom_field: custom } = data
  const after = balance === undefined ? undefined : moneyOf(balance, currency)
  const info = {
    transaction_id: data.transaction_id,
    ...(reference && { paypal_reference_id: reference, paypal_reference_id_type: 'TXN' }),
    transaction_event_code: data.event_code,
    transaction_initiation_date: isoOf(Date.parse(data.initiated)),
    transaction_updated_date: isoOf(Date.parse(data.updated)),
    transaction_amount: moneyOf(gross, currency),
    ...(fee !== 0 && { fee_amount: moneyOf(fee, currency) }),
    transaction_status: data.status,
    ...(data.subject && { transaction_subject: data.subject }),
    ...(after && { ending_balance: after, available_balance: after }),
    ...(invoice && { invoice_id: invoice }),
    ...(custom && { custom_field: custom }),
  }
  const wanted = fields.split(',')
  const payer = wanted.includes('payer_info') || wanted.includes('all')
  return {
    transaction_info: info,
    ...(payer && data.email && { payer_info: { email_address: data.email } }),
  }
}

function balances({ world, query }: Call): Reply {
  const { as_of_time: asOf, currency_code: only } = query
  const now = world.clock.now - world.options.reportingLagMs
  const until = asOf === undefined ? now : Math.min(timeOf(asOf, 'as_of_time'), now)
  const totals = new Map<string, number>()
  for (const { data, hidden } of world.store.each('movement')) {
    if (!data.affects || (hidden.createdAt ?? 0) > until) continue
    totals.set(data.currency, (totals.get(data.currency) ?? 0) + data.gross + data.fee)
  }
  const wanted = only && only !== 'ALL' ? [only] : [...totals.keys()].sort()
  return ok({
    balances: wanted.map((currency) => ({
      currency,
      ...(currency === 'USD' && { primary: true }),
      total_balance: moneyOf(totals.get(currency) ?? 0, currency),
      available_balance: moneyOf(totals.get(currency) ?? 0, currency),
      withheld_balance: moneyOf(0, currency),
    })),
    account_id: world.merchant.merchant_id,
    as_of_time: isoOf(until),
    last_refresh_time: isoOf(now),
  })
}

const TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d([.]\d+)?([Zz]|[+-]\d\d:\d\d)$/

function timeOf(text: string | undefined, field: string): number {
  if (text === undefined) throw invalid('MISSING_REQUIRED_PARAMETER', field, 'query')
  const at = Date.parse(text)
  if (!TIME.test(text) || Number.isNaN(at)) {
    throw invalid('INVALID_PARAMETER_SYNTAX', field, 'query')
  }
  return at
}

/** To the second. */
function isoOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

function wholeNumber(text: string, field: string, most: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw invalid('INVALID_PARAMETER_VALUE', field, 'query')
}
