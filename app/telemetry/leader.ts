import pg from 'pg'
import env from '#start/env'

const LOCK = "SELECT pg_try_advisory_lock(hashtextextended('safesend:metrics', 0)) AS mine"

/** A server that does not answer within this many milliseconds is lost. */
const ANSWER_WITHIN = 5000

/**
 * One of any number of processes: who holds a lock of PostgreSQL's. It is held by a connection, so that it is
 * free again when its process is gone, however it went.
 */
export class Leader {
  #client?: pg.Client

  /** Whether it is us, now; tries to become it where nobody is. @throws Error while PostgreSQL is gone */
  async isUs(): Promise<boolean> {
    if (this.#client) {
      await this.#client.query('SELECT 1')
      return true
    }
    const client = new pg.Client({
      connectionString: env.get('DATABASE_URL').release(),
      application_name: 'safesend metrics',
      keepAlive: true,
      connectionTimeoutMillis: ANSWER_WITHIN,
      query_timeout: ANSWER_WITHIN,
    })
    const lose = () => {
      if (this.#client === client) this.#client = undefined
    }
    client.on('error', lose)
    client.on('end', lose)
    try {
      await client.connect()
      const { rows } = await client.query(LOCK)
      if (rows[0].mine) this.#client = client
    } finally {
      if (this.#client !== client) await client.end().catch(() => {})
    }
    return this.#client === client
  }

  async stop(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => {})
  }
}
