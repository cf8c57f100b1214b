import { execFile } from 'node:child_process'
import app from '@adonisjs/core/services/app'
import pg from 'pg'

const OWN = process.env.DATABASE_URL!

/** The address of another database on the server of the tests, such as `postgres`. */
export function databaseNamed(name: string): string {
  const url = new URL(OWN)
  url.pathname = `/${name}`
  return url.href
}

export async function onDatabase<T>(
  name: string,
  work: (client: pg.Client) => Promise<T>
): Promise<T> {
  const client = new pg.Client({ connectionString: databaseNamed(name) })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * A copy of a database as it is at this moment, which is what restoring a backup gives. Who is connected to it
 * loses the connection, and takes a new one when it is needed.
 *
 * @param from default: that of the tests
 */
export async function copyDatabase(name: string, from = 'safesend_test'): Promise<void> {
  await onDatabase('postgres', async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${name}`)
    for (let tries = 1; ; tries++) {
      await client.query(
        'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1',
        [from]
      )
      try {
        await client.query(`CREATE DATABASE ${name} TEMPLATE ${from}`)
        return
      } catch (error) {
        if (tries === 5) throw error
      }
    }
  })
}

export async function dropDatabase(name: string): Promise<void> {
  await onDatabase('postgres', (client) =>
    client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  )
}

export interface Ended {
  code: number
  output: string
  /** The last line as JSON. */
  json: any
}

/** Runs a command in a process of its own, which may look at another database than the tests. */
export function aceProcess(
  args: string[],
  { env = {}, input }: { env?: Record<string, string>; input?: string } = {}
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['ace.js', ...args],
      { cwd: app.makePath(), env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) => {
        const last = out.trim().split('\n').at(-1) ?? ''
        resolve({
          code: error ? Number(error.code) : 0,
          output: out + err,
          json: last.startsWith('{') ? JSON.parse(last) : undefined,
        })
      }
    )
    child.stdin!.end(input)
  })
}

/** Puts the database of the tests back to a copy of it, as restoring a backup does. */
export async function restoreFrom(name: string): Promise<void> {
  await onDatabase('postgres', async (client) => {
    await client.query('DROP DATABASE safesend_test WITH (FORCE)')
    await client.query(`CREATE DATABASE safesend_test TEMPLATE ${name}`)
  })
}
