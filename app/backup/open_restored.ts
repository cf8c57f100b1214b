import pg from 'pg'
import db from '@adonisjs/lucid/services/db'
import type { PostgreConfig } from '@adonisjs/lucid/types/database'

/** Why a database cannot be looked at, in words for the operator. */
export class NotVerifiable extends Error {}

/** The database that this process would work on otherwise, at this very moment. */
export class IsTheLiveDatabase extends Error {}

/** A restored database, opened for reading. */
export interface Restored {
  /** Host, port and name; no user and no password. */
  place: string
  /** Such as 15.18. */
  version: string
}

const CONNECT_MS = 10_000

/**
 * From now on this process reads the given database wherever it would read its own, and can write nothing: so
 * that whatever proves our books proves these, with the code that proves the live ones each day.
 *
 * Every connection begins with `default_transaction_read_only`. Only who asks for it by name, and rolls back
 * what it did, gets past that.
 *
 * @param url its password may be missing: PGPASSWORD and ~/.pgpass count, as for psql
 * @param live the address that this process has by its environment
 * @throws NotVerifiable if it does not answer, or is none of SafeSend's; IsTheLiveDatabase
 */
export async function openRestored(
  url: string,
  live: string,
  { allowLive = false } = {}
): Promise<Restored> {
  const place = placeOf(url)
  const about = await identityOf(url).catch((error: Error) => {
    throw new NotVerifiable(`${place} does not answer: ${withoutSecrets(error.message, url)}`)
  })
  if (!about.ours) {
    throw new NotVerifiable(
      `${place} is no database of SafeSend: it has no ledger. Is the name right, and the restore through?`
    )
  }
  if (!allowLive) {
    // One that is lost does not answer, and is not this one then.
    const own = await identityOf(live).catch(() => undefined)
    if (own?.identity === about.identity) throw new IsTheLiveDatabase(place)
  }
  const config = db.manager.get('postgres')!.config as PostgreConfig
  db.manager.patch('postgres', {
    ...config,
    connection: {
      ...(config.connection as object),
      connectionString: url,
      options: '-c default_transaction_read_only=on',
      connectionTimeoutMillis: CONNECT_MS,
    },
  } as PostgreConfig)
  return { place, version: about.version }
}

/** Where it is, for people and logs. */
export function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url)
  return `${hostname}:${port || 5432}${pathname}`
}

/** Two addresses of one database have one identity; a copy of it, or one restored beside it, has another. */
async function identityOf(url: string) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query(`
      SELECT concat_ws('/', pg_postmaster_start_time(), inet_server_port(), d.oid) AS identity,
          current_setting('server_version') AS version,
          to_regclass('public.journal_entries') IS NOT NULL
            AND to_regclass('public.adonis_schema') IS NOT NULL AS ours
        FROM pg_database d WHERE d.datname = current_database()`)
    return rows[0] as { identity: string; version: string; ours: boolean }
  } finally {
    await client.end()
  }
}

function withoutSecrets(message: string, url: string): string {
  const { password } = new URL(url)
  const secrets = [password, decodeURIComponent(password)].filter((each) => each !== '')
  return secrets.reduce(
    (text, secret) => text.replaceAll(secret, '***'),
    message || 'no reason given'
  )
}
