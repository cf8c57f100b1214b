import Table from 'cli-table3'
import pg from 'pg'
import { formatMinor } from '#ledger/money'

interface Line {
  entry: string
  kind: string
  account: string
  direction: 'debit' | 'credit'
  amount: string
  currency: string
}

/** What the ledger itself says, read past the application. */
export interface LedgerFigures {
  lines: Line[]
  /** Minor units by what this project's entries did. */
  deposited: bigint
  paidOut: bigint
  platformFee: bigint
  refunded: bigint
  held: bigint
  /** Debits less credits of the whole ledger, absolute per currency and added up. */
  imbalance: bigint
}

const LINES = `
  SELECT e.id AS entry, e.kind, a.name AS account, p.direction, p.amount, p.currency
  FROM journal_entries e
  JOIN postings p ON p.entry_id = e.id
  JOIN ledger_accounts a ON a.id = p.account_id
  WHERE e.milestone_id IN (SELECT id FROM milestones WHERE project_id = $1)
     OR e.transaction_id IN (
          SELECT t.id FROM transactions t
          JOIN escrow_accounts ea ON ea.id = t.escrow_account_id
          WHERE ea.project_id = $1)
  ORDER BY e.id, p.line
`
const IMBALANCE = `
  SELECT coalesce(sum(abs(difference)), 0)::text AS imbalance FROM (
    SELECT sum(CASE direction WHEN 'debit' THEN amount ELSE -amount END) AS difference
    FROM postings GROUP BY currency
  ) AS per_currency
`

/** Reads the entries behind a project and adds them up. */
export async function readLedger(databaseUrl: string, projectId: string): Promise<LedgerFigures> {
  const client = new pg.Client(databaseUrl)
  await client.connect()
  try {
    const { rows: lines } = await client.query<Line>(LINES, [projectId])
    const { rows } = await client.query<{ imbalance: string }>(IMBALANCE)
    const onSide = (side: Line['direction'], kind: string, account: RegExp) =>
      lines
        .filter(
          (line) => line.direction === side && line.kind === kind && account.test(line.account)
        )
        .reduce((sum, line) => sum + BigInt(line.amount), 0n)
    const balance = (account: RegExp) =>
      lines
        .filter((line) => account.test(line.account))
        .reduce((sum, { direction, amount }) => {
          return direction === 'credit' ? sum + BigInt(amount) : sum - BigInt(amount)
        }, 0n)
    return {
      lines,
      deposited: onSide('credit', 'deposit_captured', /^escrow:/),
      paidOut: onSide('debit', 'payout_confirmed', /^payout_in_transit:/),
      platformFee: balance(/^platform_fee$/),
      refunded: onSide('debit', 'refund_succeeded', /^refund_in_transit:/),
      held: balance(/^escrow:/),
      imbalance: BigInt(rows[0].imbalance),
    }
  } finally {
    await client.end()
  }
}

/**
 * Prints entries as a bookkeeper writes them: debits first, credits indented.
 *
 * @param names what to call the owners of accounts, by id
 */
export function printJournal(lines: Line[], names: Map<string, string>): void {
  const table = new Table({
    head: ['entry', 'kind', 'account', 'debit', 'credit'],
    colAligns: ['right', 'left', 'left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  const numbers = new Map([...new Set(lines.map(({ entry }) => entry))].map((id, i) => [id, i + 1]))
  let last = ''
  for (const { entry, kind, account, direction, amount, currency } of lines) {
    const [prefix, owner] = account.split(':')
    const name = owner ? `${prefix}:${names.get(owner) ?? shortened(owner)}` : prefix
    const money = formatMinor(BigInt(amount), currency)
    const isNew = entry !== last
    last = entry
    table.push([
      isNew ? String(numbers.get(entry)) : '',
      isNew ? kind : '',
      direction === 'debit' ? name : `  ${name}`,
      direction === 'debit' ? money : '',
      direction === 'credit' ? money : '',
    ])
  }
  console.log(table.toString())
}

/** The end of a UUIDv7 is what tells two of the same moment apart. */
function shortened(owner: string): string {
  return owner.length > 20 ? `…${owner.slice(-6)}` : owner
}
