import { open, rm } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify'
import { inSnapshot } from '#database/snapshot'
import type { Money } from '#ledger/money'
import type User from '#models/user'
import { assertPeriod, statementRows, type Period, type StatementRow } from '#statements/statement'

type Cell = Money | string | undefined

/**
 * The columns, in their order. Those that do not apply to a row are empty.
 *
 *     date                when it was booked, ISO 8601 in UTC: this decides which statement it is on
 *     value_date          when it happened at the provider
 *     type                opening_balance, closing_balance, or what moved: deposit, release, payout, …
 *     project_id, project, milestone_id, milestone
 *     amount              signed, before the fee; what comes to the account's owner is above zero
 *     fee                 the platform fee, above zero when it was taken
 *     net                 amount - fee: what changed
 *     balance             what there is in this currency after this row
 *     currency            ISO 4217
 *     provider, provider_reference
 *     transaction_id, status   the transaction, and its status today
 *     journal_reference   the ledger entry
 */
const COLUMNS: [name: string, cell: (row: StatementRow) => Cell][] = [
  ['date', ({ date }) => date.toISOString()],
  ['value_date', ({ valueDate }) => valueDate?.toISOString()],
  ['type', ({ type }) => type],
  ['project_id', ({ project }) => project?.id],
  ['project', ({ project }) => project?.title],
  ['milestone_id', ({ milestone }) => milestone?.id],
  ['milestone', ({ milestone }) => milestone?.title],
  ['amount', ({ amount }) => amount],
  ['fee', ({ fee }) => fee],
  ['net', ({ net }) => net],
  ['balance', ({ balance }) => balance],
  ['currency', ({ balance }) => balance.currency],
  ['provider', ({ provider }) => provider],
  ['provider_reference', ({ providerReference }) => providerReference],
  ['transaction_id', ({ transactionId }) => transactionId],
  ['status', ({ status }) => status],
  ['journal_reference', ({ journalReference }) => journalReference],
]

export interface StatementFile {
  filename: string
  contentType: string
  /** Bytes. */
  size: number
  stream: Readable
}

/**
 * A user's statement of a period as CSV (RFC 4180, UTF-8, with a header); see `statementRows` for its rows.
 * Text that a spreadsheet would run as a formula gets an apostrophe before it (OWASP, CSV injection); amounts
 * are plain decimals.
 *
 * All of it is one moment. It is written to a file of its own before the first byte is sent: so memory is
 * bounded by a few hundred rows, nobody who reads slowly holds a transaction open, and what does not add up
 * is an error and no half of a statement. The file has no name any more when this returns.
 *
 * @throws Problem 422 for a period that is empty, or longer than a year
 */
export async function statementCsv(user: User, period: Period): Promise<StatementFile> {
  assertPeriod(period)
  const path = join(tmpdir(), `safesend-statement-${randomUUID()}.csv`)
  const file = await open(path, 'wx+', 0o600)
  try {
    await rm(path)
    await inSnapshot((trx) =>
      pipeline(
        statementRows(trx, user.userType, user.id, period),
        toCells,
        stringify({
          header: true,
          columns: COLUMNS.map(([name]) => name),
          record_delimiter: 'windows',
          escape_formulas: true,
          cast: {
            // Amounts are the only cells that are no text; their minus is no formula.
            object: (cell) => ({
              value: (cell as unknown as Money).toDecimal(),
              escape_formulas: false,
            }),
          },
        }),
        // No stream of the file: it would count as a user of the handle, which then never closes.
        (csv) => file.writeFile(csv)
      )
    )
    const { size } = await file.stat()
    return {
      filename: `safesend-statement-${nameOf(period.from)}-${nameOf(period.to)}.csv`,
      contentType: 'text/csv; charset=utf-8; header=present',
      size,
      // Closes the file, whether it is read to its end or not.
      stream: file.createReadStream({ start: 0 }),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function* toCells(rows: AsyncIterable<StatementRow>): AsyncGenerator<Cell[]> {
  for await (const row of rows) yield COLUMNS.map(([, cell]) => cell(row))
}

/** `2026-03-01`, or with the time if it is not midnight. */
function nameOf(at: Date): string {
  const [day, time] = at.toISOString().split('T')
  return time === '00:00:00.000Z' ? day : `${day}T${time.slice(0, 8).replaceAll(':', '')}Z`
}
