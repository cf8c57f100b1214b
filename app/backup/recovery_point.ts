import db from '@adonisjs/lucid/services/db'

export interface TableCount {
  table: string
  rows: bigint
  /** When its newest row was written; undefined where rows do not say. */
  newest?: Date
}

export interface RecoveryPoint {
  tables: TableCount[]
  /** When anything was written last: what happened after it is lost. Undefined for an empty database. */
  until?: Date
  /** When the last entry of the ledger was written. */
  lastEntry?: Date
}

/** How tables call the moment at which a row was written, the surest first. */
const WRITTEN_AT = ['created_at', 'at', 'received_at', 'submitted_at', 'started_at', 'accepted_at']

/** Not ours to count: which migrations ran. */
const BESIDE = ['adonis_schema', 'adonis_schema_versions']

/**
 * Counts every table, and finds how far the backup goes.
 *
 * @param onProgress told before each table
 */
export async function findRecoveryPoint(
  onProgress?: (table: string, done: number, total: number) => void
): Promise<RecoveryPoint> {
  const columns = await writtenAt()
  const tables: TableCount[] = []
  for (const [table, column] of columns) {
    onProgress?.(table, tables.length, columns.size)
    const newest = column ? `max(${column})` : 'NULL'
    const { rows } = await db.rawQuery(
      `SELECT count(*) AS rows, ${newest} AS newest FROM public."${table}"`
    )
    tables.push({ table, rows: BigInt(rows[0].rows), newest: rows[0].newest ?? undefined })
  }
  const { rows } = await db.rawQuery('SELECT max(created_on) AS newest FROM pgboss.job')
  const moments = [...tables.map(({ newest }) => newest), rows[0].newest as Date | null]
  const known = moments.filter((moment) => moment instanceof Date).map((moment) => moment.getTime())
  return {
    tables,
    until: known.length > 0 ? new Date(Math.max(...known)) : undefined,
    lastEntry: tables.find(({ table }) => table === 'journal_entries')?.newest,
  }
}

async function writtenAt(): Promise<Map<string, string | undefined>> {
  const { rows } = await db.rawQuery<{ rows: { table: string; columns: string[] }[] }>(
    `SELECT c.relname AS table,
        coalesce(array_agg(a.attname::text) FILTER (WHERE a.attname = ANY (?)), '{}') AS columns
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> ALL (?)
        AND (a.attname <> ALL (?) OR format_type(a.atttypid, NULL) LIKE 'timestamp%')
      GROUP BY c.relname ORDER BY c.relname`,
    [WRITTEN_AT, BESIDE, WRITTEN_AT]
  )
  return new Map(
    rows.map(({ table, columns }) => [table, WRITTEN_AT.find((name) => columns.includes(name))])
  )
}
