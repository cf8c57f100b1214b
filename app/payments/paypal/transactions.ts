import type { SearchResponse, TransactionInformation } from '@paypal/paypal-server-sdk'
import { ProviderFailure, type Period } from '#payments/provider'
import { look } from './client.js'

/** It counts time in seconds: the next period begins a second after the last one's end. */
const SECOND = 1000

/** Transaction Search takes no longer period, and gives no larger page. */
const WINDOW_MS = 31 * 24 * 3_600_000
const PAGE_SIZE = 500

/** It refuses to list more than 10,000 rows at all: then the period is halved. */
const TOO_MANY = 'RESULTSET_TOO_LARGE'

/** "It takes a maximum of three hours for executed transactions to appear." (Transaction Search v1) */
export const SEARCH_LAG_MS = 3 * 3_600_000

export type Row = TransactionInformation

/**
 * Every row that moved our balance in a period, both ends included, oldest window first, page by page.
 *
 * @param onPage called with what each page says of itself, such as how fresh it is
 */
export async function* rowsBetween(
  { from, to }: Period,
  onPage: (page: SearchResponse) => void = () => {}
): AsyncGenerator<Row> {
  const last = wholeSecond(to.getTime())
  for (let start = wholeSecond(from.getTime()); start <= last; start += WINDOW_MS) {
    yield* rowsWithin(start, Math.min(start + WINDOW_MS - SECOND, last), onPage)
  }
}

async function* rowsWithin(
  start: number,
  end: number,
  onPage: (page: SearchResponse) => void
): AsyncGenerator<Row> {
  for (let page = 1; ; page++) {
    let answer: SearchResponse
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
    const rows = answer.transactionDetails ?? []
    for (const { transactionInfo } of rows) if (transactionInfo) yield transactionInfo
    if (page >= (answer.totalPages ?? 1)) return
  }
}

function wholeSecond(at: number): number {
  return Math.floor(at / SECOND) * SECOND
}

function search(start: number, end: number, page: number): Promise<SearchResponse> {
  return look(({ search: transactions }, options) =>
    transactions.searchTransactions(
      {
        startDate: new Date(start).toISOString(),
        endDate: new Date(end).toISOString(),
        fields: 'transaction_info',
        balanceAffectingRecordsOnly: 'Y',
        pageSize: PAGE_SIZE,
        page,
      },
      options
    )
  )
}
