import type { ForeignMovement, ProviderBalanceTransaction } from '#payments/provider'
import type { Session } from '#payments/reconcile/session'

/**
 * Rows that go to the database in one statement. All that is ever in memory, and so few that they are
 * garbage before V8 counts them as old: with 2,000 its heap grew to three times the size.
 */
const BATCH = 100

/** The provider's rows of this run, on its own connection and gone with it. */
export async function createStage(session: Session): Promise<void> {
  await session.rawQuery(`
    CREATE TEMP TABLE provider_rows (
      no bigint GENERATED ALWAYS AS IDENTITY,
      id text NOT NULL,
      type text NOT NULL,
      kind text NOT NULL,
      source_id text NOT NULL,
      currency text NOT NULL,
      amount bigint NOT NULL,
      fee bigint NOT NULL,
      net bigint NOT NULL,
      status text NOT NULL,
      created_at timestamptz NOT NULL,
      available_at timestamptz NOT NULL
    )`)
  await session.rawQuery(`
    CREATE TEMP TABLE foreign_rows (
      id text NOT NULL,
      type text NOT NULL,
      currency text NOT NULL,
      amount text NOT NULL,
      status text NOT NULL,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (id, type, currency, created_at)
    )`)
}

/** What we cannot count in is kept as the provider tells it, each movement once, the last word counting. */
export async function stageForeign(session: Session, row: ForeignMovement): Promise<void> {
  await session.rawQuery(
    `INSERT INTO foreign_rows (id, type, currency, amount, status, created_at) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (id, type, currency, created_at)
        DO UPDATE SET amount = excluded.amount, status = excluded.status`,
    [row.id, row.type, row.currency, row.amount, row.status, row.createdAt.toISOString()]
  )
}

/**
 * Writes what a provider lists to the stage, as it comes.
 *
 * @param onRow called for each row, with how many there were
 */
export async function stage(
  session: Session,
  rows: AsyncIterable<ProviderBalanceTransaction>,
  onRow: (row: ProviderBalanceTransaction) => void
): Promise<void> {
  let batch: ProviderBalanceTransaction[] = []
  for await (const row of rows) {
    batch.push(row)
    onRow(row)
    if (batch.length < BATCH) continue
    await write(session, batch)
    batch = []
  }
  if (batch.length > 0) await write(session, batch)
}

async function write(session: Session, rows: ProviderBalanceTransaction[]): Promise<void> {
  const column = (value: (row: ProviderBalanceTransaction) => string) => rows.map(value)
  await session.rawQuery(
    `INSERT INTO provider_rows
        (id, type, kind, source_id, currency, amount, fee, net, status, created_at, available_at)
      SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[],
        ?::bigint[], ?::text[], ?::timestamptz[], ?::timestamptz[])`,
    [
      column((row) => row.id),
      column((row) => row.type),
      column((row) => row.kind),
      column((row) => row.sourceId),
      column((row) => row.amount.currency),
      column((row) => row.amount.minor.toString()),
      column((row) => row.fee.minor.toString()),
      column((row) => row.net.minor.toString()),
      column((row) => row.status),
      column((row) => row.createdAt.toISOString()),
      column((row) => row.availableAt.toISOString()),
    ]
  )
}
