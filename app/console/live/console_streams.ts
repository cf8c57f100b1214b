import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import transmitConfig from '#config/transmit'
import { endSoon } from '#notifications/live/end_soon'
import { whenStopping } from '#start/stopping'
import { questionOf } from '#console/live/topics'
import { settings } from '#escrow/settings'
import { notFound, Problem } from '#exceptions/problem'

/** Open at the same time in one process: of one person, and of all. */
export const MOST_OF_ONE = 12
const MOST_OF_ALL = 500

/** Milliseconds between two looks at what is followed. */
const LOOK_EVERY = app.inTest ? 200 : 2000

interface Stream {
  staffId: string
  sessionId: string
  topic: string
  response: ServerResponse
}

/**
 * Tells open pages of the console that what they show has changed; they read themselves again. While somebody
 * watches, each process asks the database every two seconds for a short text per topic (`topics.ts`) and says
 * so where it is another one; nobody watches, nobody asks.
 *
 * It polls because what it watches is written by everything that moves money: `NOTIFY` within those
 * transactions lets them commit only one after the other, and a trigger would have each of them pay for pages
 * that hardly anybody has open.
 *
 * A stream ends with its sign-in, within a ping: signed out, revoked, disabled, or idle. It does not count as
 * a sign of life itself, and neither do the pages that it has read again.
 */
class ConsoleStreams {
  #streams = new Set<Stream>()
  #last = new Map<string, string>()
  #timers: NodeJS.Timeout[] = []
  #looking?: Promise<void>
  #isHooked = false

  /** Opens a stream as the answer to a request. @throws Problem 404 for an unknown topic; 429 `too_many_streams` */
  async open(ctx: HttpContext, topic: string): Promise<void> {
    if (!questionOf(topic)) throw notFound('topic')
    const { staffId, sessionId } = ctx.staff.own()
    const own = [...this.#streams].filter((stream) => stream.staffId === staffId)
    if (own.length >= MOST_OF_ONE || this.#streams.size >= MOST_OF_ALL) {
      throw new Problem('Too many pages follow what happens. Close one first.', {
        code: 'too_many_streams',
        status: 429,
        extra: { retry_after: 40 },
      })
    }
    const { response } = ctx.response
    if (response.destroyed) return
    const stream = { staffId, sessionId, topic, response }
    this.#streams.add(stream)
    response.once('close', () => this.#close(stream))
    const transmit = await app.container.make('transmit')
    const uid = randomUUID()
    transmit.createStream({
      uid,
      context: ctx,
      request: ctx.request.request,
      response,
      injectResponseHeaders: ctx.response.getHeaders(),
    })
    await transmit.subscribe({
      uid,
      channel: channelOf(topic),
      context: ctx,
      skipAuthorization: true,
    })
    this.#run()
    // What comes is compared with how it was when the stream opened.
    if (!this.#last.has(topic)) await this.#look()
  }

  /** For tests: how many are open in this process, whether it asks anything, and of how many topics it knows how they are. */
  get load(): { streams: number; isAsking: boolean; topics: number } {
    const [streams, topics] = [this.#streams.size, this.#last.size]
    return { streams, isAsking: this.#timers.length > 0, topics }
  }

  #run(): void {
    if (this.#timers.length > 0 || this.#streams.size === 0) return
    this.#timers = [
      setInterval(() => void this.#look(), LOOK_EVERY).unref(),
      setInterval(() => void this.#endOver(), transmitConfig.pingInterval).unref(),
    ]
    if (this.#isHooked) return
    this.#isHooked = true
    whenStopping(() => {
      for (const { response } of this.#streams) endSoon(response)
    })
    // The server waits for its open connections, so they end before it is told to close: hooks run in
    // reverse order, and this is added later than the server's.
    app.terminating(async () => {
      for (const { response } of this.#streams) response.destroy()
      this.#rest()
      await this.#looking
    })
  }

  #rest(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#timers = []
    this.#last.clear()
  }

  #close(stream: Stream): void {
    this.#streams.delete(stream)
    if (this.#streams.size === 0) this.#rest()
  }

  /** One look at a time: a slow database is not asked again before it has answered. */
  #look(): Promise<void> {
    return (this.#looking ??= this.#compare()
      .catch((error) => logger.error({ err: error }, 'live console: could not look'))
      .finally(() => (this.#looking = undefined)))
  }

  /** One query for all topics that somebody follows. */
  async #compare(): Promise<void> {
    const topics = [...new Set([...this.#streams].map(({ topic }) => topic))]
    for (const topic of this.#last.keys()) if (!topics.includes(topic)) this.#last.delete(topic)
    if (topics.length === 0) return
    const answers = topics.map((topic, n) => `(${questionOf(topic)}) AS t${n}`)
    const { rows } = await db.rawQuery(`SELECT ${answers.join(', ')}`)
    const transmit = await app.container.make('transmit')
    for (const [n, topic] of topics.entries()) {
      const before = this.#last.get(topic)
      const now = String(rows[0][`t${n}`])
      this.#last.set(topic, now)
      if (before !== undefined && before !== now) transmit.broadcast(channelOf(topic), { topic })
    }
  }

  /** Ends the streams of sign-ins that are over. */
  async #endOver(): Promise<void> {
    try {
      const { console_idle_minutes: idle } = await settings(db)
      // Those that are open now: of one that opens while the database is asked nothing is known.
      const asked = [...this.#streams]
      const sessionIds = [...new Set(asked.map(({ sessionId }) => sessionId))]
      const { rows } = await db.rawQuery<{ rows: { id: string }[] }>(
        `SELECT s.id FROM staff_sessions s JOIN staff ON staff.id = s.staff_id AND staff.disabled_at IS NULL
          WHERE s.id = ANY (:sessionIds) AND s.ended_at IS NULL AND s.expires_at > now()
            AND s.last_seen_at > now() - make_interval(mins => :idle)`,
        { sessionIds, idle }
      )
      const alive = new Set(rows.map(({ id }) => id))
      for (const { sessionId, response } of asked) {
        if (!alive.has(sessionId)) response.destroy()
      }
    } catch (error) {
      logger.error({ err: error }, 'live console: sign-ins could not be checked')
    }
  }
}

function channelOf(topic: string): string {
  return `console/${topic}`
}

export const consoleStreams = new ConsoleStreams()
