import pg from 'pg'
import env from '#start/env'
import logger from '@adonisjs/core/services/logger'
import { NOTIFICATION_MADE } from '#notifications/live/announce'

/** Milliseconds until the first attempt to connect anew, and the longest wait between two. */
const FIRST_RETRY = 100
const LONGEST_RETRY = 5000

/** A server that does not answer within this many milliseconds is lost. */
const ANSWER_WITHIN = 5000

export interface ListenerOptions {
  /** A user has a notification that was committed just now. */
  onNews(userId: string): void
  /** Heard nothing for a while: anybody may have news. */
  onBack(): void
}

/**
 * Hears from PostgreSQL (`LISTEN`) who was told something, by whichever process. It has a connection of
 * its own, for only an open one hears; a lost one is replaced for as long as it takes.
 */
export class Listener {
  #client?: pg.Client
  #starting?: Promise<void>
  #retry?: NodeJS.Timeout
  #failures = 0
  #stopped = false

  constructor(private options: ListenerOptions) {}

  /** Begins to listen. Returns when it does, or when the first attempt has failed and others follow. */
  start(): Promise<void> {
    return (this.#starting ??= this.#connect())
  }

  /** Finds out whether the connection still carries anything; a dead peer says nothing by itself. */
  check(): void {
    const client = this.#client
    client?.query('SELECT 1').catch((error) => this.#lose(client, error))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#retry)
    await this.#starting
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => {})
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: env.get('DATABASE_URL').release(),
      application_name: 'safesend live',
      keepAlive: true,
      connectionTimeoutMillis: ANSWER_WITHIN,
      query_timeout: ANSWER_WITHIN,
    })
    client.on('error', (error) => this.#lose(client, error))
    client.on('end', () => this.#lose(client))
    client.on('notification', ({ payload }) => payload && this.options.onNews(payload))
    this.#client = client
    try {
      await client.connect()
      await client.query(`LISTEN ${NOTIFICATION_MADE}`)
    } catch (error) {
      return this.#lose(client, error)
    }
    if (this.#failures > 0) logger.info('live notifications: PostgreSQL is heard again')
    if (this.#failures > 0) this.options.onBack()
    this.#failures = 0
  }

  #lose(client: pg.Client, error?: unknown): void {
    if (this.#client !== client) return
    this.#client = undefined
    client.end().catch(() => {})
    if (this.#stopped) return
    if (this.#failures++ === 0) {
      logger.warn({ err: error }, 'live notifications: PostgreSQL is not heard any more')
    }
    const wait = Math.min(FIRST_RETRY * 2 ** (this.#failures - 1), LONGEST_RETRY)
    this.#retry = setTimeout(() => (this.#starting = this.#connect()), wait).unref()
  }
}
