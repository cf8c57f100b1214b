import db from '@adonisjs/lucid/services/db'

/** Change with every sign-in or key; a refused request may touch them. */
const NOT_BUSINESS = [
  'sessions',
  'refresh_tokens',
  'idempotency_keys',
  'console_sessions',
  'staff_sessions',
]

const SCHEMA = 'snapshot'

/**
 * A copy of all tables beside them, to see whether a request wrote anything and to undo it. Undoing
 * touches only the tables that differ.
 */
export class Snapshot {
  #tables: string[] = []
  #before = new Map<string, string>()
  #hashes = ''

  static async take(): Promise<Snapshot> {
    const snapshot = new Snapshot()
    const { rows } = await db.rawQuery(
      `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
          AND relname NOT LIKE 'adonis%' ORDER BY relname`
    )
    snapshot.#tables = rows.map(({ relname }: { relname: string }) => relname)
    snapshot.#hashes = [...snapshot.#tables, 'pgboss.job']
      .map(
        (table) =>
          `SELECT '${table}' AS name, count(*) || ':' || coalesce(sum(hashtextextended(${
            table === 'pgboss.job' ? 't.id::text' : 't::text'
          }, 0)), 0) AS hash FROM ${table} t`
      )
      .join(' UNION ALL ')
    await db.rawQuery(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`)
    await db.rawQuery(`CREATE SCHEMA ${SCHEMA}`)
    await db.rawQuery('DELETE FROM pgboss.job')
    for (const table of snapshot.#tables) {
      await db.rawQuery(`CREATE TABLE ${SCHEMA}.${table} AS TABLE public.${table}`)
    }
    snapshot.#before = await snapshot.#read()
    return snapshot
  }

  async drop(): Promise<void> {
    await db.rawQuery(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`)
  }

  /** The tables that differ now, jobs included, without those that say nothing about business. */
  async written(): Promise<string[]> {
    return (await this.#changed()).filter((table) => !NOT_BUSINESS.includes(table))
  }

  /** Makes everything as it was. */
  async restore(): Promise<void> {
    const changed = await this.#changed()
    if (changed.length === 0) return
    await db.transaction(async (trx) => {
      await trx.rawQuery('SET LOCAL session_replication_role = replica')
      for (const table of changed) {
        await trx.rawQuery(`DELETE FROM ${table}`)
        if (table !== 'pgboss.job') {
          await trx.rawQuery(
            `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM ${SCHEMA}.${table}`
          )
        }
      }
    })
  }

  /** What is in the changed tables, one line a row, without what differs from run to run. */
  async difference(known: Set<string>): Promise<string[]> {
    const lines: string[] = []
    for (const table of await this.written()) {
      const { rows } = await db.rawQuery(`SELECT row_to_json(t)::text AS line FROM ${table} t`)
      for (const { line } of rows) lines.push(`${table} ${masked(line, known)}`)
    }
    return lines.sort()
  }

  async #changed(): Promise<string[]> {
    const now = await this.#read()
    return [...now].filter(([name, hash]) => this.#before.get(name) !== hash).map(([name]) => name)
  }

  async #read(): Promise<Map<string, string>> {
    const { rows } = await db.rawQuery(this.#hashes)
    return new Map(rows.map(({ name, hash }: Record<string, string>) => [name, hash]))
  }
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

function masked(line: string, known: Set<string>): string {
  return line
    .replace(UUID, (id) => (known.has(id) ? id : 'a-new-id'))
    .replace(/\d{4}-\d\d-\d\d(, |[T ])[\d:.]+( UTC|[+-]\d\d(:\d\d)?|Z)?/g, 'a-time')
    .replace(/"(id|entry_id|account_id|stripe|account_seq|seq|balance|balance_after)":\d+/g, '')
    .replace(/"content_hash":"[^"]*"/, '')
    .replace(/\$argon2[^"]*/g, 'a-hash')
    .replace(/\bgcm\.v1:[\w.-]+/g, 'an-encrypted-text')
    .replace(/"last_step":\d+/g, '"last_step":"a-time-step"')
    .replace(/[\w-]{40,}/g, 'a-token')
    .replace(/\b(acct|pi|ch|tr|re|cs)_\w+/g, 'an-id-at-stripe')
}
