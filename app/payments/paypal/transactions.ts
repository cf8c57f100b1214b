import { ProviderFailure, type Period } from '#payments/provider'
import { look, rest } from './client.js'

/** It counts time in seconds: the next period begins a second after the last one's end. */
const SECOND = 1000

/** Transaction Search takes no longer period, and gives no larger page. */
const WINDOW_MS = 31 * 24 * 3_600_000
const PAGE_SIZE = 500

/** It refuses to list more than 10,000 rows at all: then the period is halved. */
const TOO_MANY = 'RESULTSET_TOO_LARGE'

/** "It takes a maximum of three hours for executed transactions to appear." (Transaction Search v1) */
export const SEARCH_LAG_MS = 3 * 3_600_000

/** One movement, as far as we read it. */
export interface Row {
  transaction_id?: string
  paypal_reference_id?: string
  transaction_event_code?: string
  transaction_initiation_date?: string
  transaction_amount?: Amount
  fee_amount?: Amount
  transaction_status?: string
  transaction_subject?: string
  transaction_note?: string
  invoice_id?: string
  custom_field?: string
}

interface Amount {
  currency_code: string
  value: string
}

export interface Page {
  transaction_details?: { transaction_info?: Row }[]
  total_pages?: number
  last_refreshed_datetime?: string
}

/**
 * Every row that moved our balance in a period, both ends included, oldest window first, page by page.
 *
 * @param onPage called with what each page says of itself, such as how fresh it is
 */
export async function* rowsBetween(
  { from, to }: Period,
  onPage: (page: Page) => void = () => {}
): AsyncGenerator<Row> {
  const last = wholeSecond(to.getTime())
  for (let start = wholeSecond(from.getTime()); start <= last; start += WINDOW_MS) {
    yield* rowsWithin(start, Math.min(start + WINDOW_MS - SECOND, last), onPage)
  }
}

async function* rowsWithin(
  start: number,
  end: number,
  onPage: (page: Page) => void
): AsyncGenerator<Row> {
  for (let page = 1; ; page++) {
    let answer: Page
    try {
      answer = await search(start, end, page)
    } catch (error) {
      const tooMany = error instanceof ProviderFailure && error.code === TOO_MANY
      if (!tooMany || page > 1 || start === end) throw error
      const middle = wholeSecond((start + end) / 2)
      yield* rowsWithin(start, middle, onPage)
      yield* rowsWithin(middle + SECOND, end, onPage)
      return
    }
    onPage(answer)
    for (const { transaction_info: row } of answer.transaction_details ?? []) if (row) yield row
    if (page >= (answer.total_pages ?? 1)) return
  }
}

function wholeSecond(at: number): number {
  return Math.floor(at / SECOND) * SECOND
}

/**
 * Past the SDK's own method for it, which takes a millisecond a row to check and rename what it got: a
 * quarter of an hour for a million.
 */
function search(start: number, end: number, page: number): Promise<Page> {
  const query = {
    start_date: new Date(start).toISOString(),
    end_date: new Date(end).toISOString(),
    fields: 'transaction_info',
    balance_affecting_records_only: 'Y',
    page_size: PAGE_SIZE,
    page,
  }
  return look(rest<Page>('GET', '/v1/reporting/transactions', { query }))
}

/** The id of a transaction of ours, wherever PayPal shows it. */
export const ANY_ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/

/** Everything that may carry what we sent: PayPal does not promise where it shows. */
export function wordsOf(row: Row): string {
  const { custom_field: custom, invoice_id: invoice, transaction_note: note } = row
  return [custom, invoice, note, row.transaction_subject].join(' ')
}
