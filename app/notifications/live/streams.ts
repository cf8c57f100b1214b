import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import transmitConfig from '#config/transmit'
import { Problem } from '#exceptions/problem'
import Notification from '#models/notification'
import { Listener } from '#notifications/live/listener'
import NotificationTransformer from '#transformers/notification_transformer'
import { serializeBare } from '#transformers/serialize'

/** Open at the same time in one process, of one user: some tabs on some devices. */
const MOST_STREAMS_OF_A_USER = 20

/** Messages that wait for a client which does not read; one more, and its stream is ended. */
const MOST_UNREAD = 500

/** Rows that are read and pushed at once. */
const BATCH = 100

/** The only channel that a user's stream carries. */
export function channelOf(userId: string): string {
  return `users/${userId}/notifications`
}

export interface OpenStream {
  userId: string
  sessionId: string
  /** What the client calls it. Names of different sessions have nothing to do with each other. */
  uid: string
}

interface Stream extends OpenStream {
  response: ServerResponse
  /** Messages not yet handed to the connection. */
  unread(): number
}

/** A user with streams in this process. */
interface Followed {
  /** The last number that was pushed, or was there before anybody looked. */
  cursor: bigint
  cursorKnown: Promise<void>
  /** Streams that are open or being opened. */
  streams: number
  /** There may be rows beyond the cursor. */
  behind: boolean
  pushing: boolean
}

/**
 * The live half of notifications: streams of server-sent events by Transmit.
 *
 *     notify() in a transaction ──commit──> NOTIFY ──> every web process ──> its streams of that user
 *
 * The table is the truth and a stream only carries it. PostgreSQL says who has news (`announce.ts`), to all
 * web processes alike. Each reads what is committed and new to it and pushes it in the order of its
 * numbers. The word of PostgreSQL may be lost with a connection or a process; nothing is lost by that, for
 * each ping compares the numbers, too.
 *
 * A stream is tied to the session that opened it and carries that user's channel from its first byte, so
 * it needs no other process to know of it, and no other session can have anything put on it. What was
 * committed before a stream opened is asked for by number: see `list_notifications.ts`.
 */
class Streams {
  #streams = new Map<string, Stream>()
  #followed = new Map<string, Followed>()
  #running?: Promise<() => Promise<void>>
  #beating = false

  #listener = new Listener({
    onNews: (userId) => this.#wake(userId),
    onBack: () => void this.#beat(),
  })

  /**
   * Opens a stream as the answer to a request. One that the same session has under the same name is
   * ended: its client lost it and is back.
   *
   * @throws Problem 429 `too_many_streams`
   */
  async open(ctx: HttpContext, { userId, sessionId, uid }: OpenStream): Promise<void> {
    const name = `${sessionId} ${uid}`
    const known = this.#followed.get(userId)
    if (known && known.streams - Number(this.#streams.has(name)) >= MOST_STREAMS_OF_A_USER) {
      throw new Problem('Too many streams of yours are open. Close one first.', {
        code: 'too_many_streams',
        status: 429,
        // Nobody knows when one is closed; those whose client is gone are found within two pings.
        extra: { retry_after: 40 },
      })
    }
    await this.#run()
    const followed = this.#follow(userId)
    try {
      await followed.cursorKnown
    } catch (error) {
      this.#unfollow(userId, followed)
      throw error
    }

    const response = ctx.response.response
    if (response.destroyed) return this.#unfollow(userId, followed)
    this.#streams.get(name)?.response.destroy()

    const transmit = await app.container.make('transmit')
    const id = randomUUID()
    const carrier = transmit.createStream({
      uid: id,
      context: ctx,
      request: ctx.request.request,
      response,
      injectResponseHeaders: ctx.response.getHeaders(),
    })
    const stream = { userId, sessionId, uid, response, unread: () => carrier.writableLength }
    this.#streams.set(name, stream)
    response.once('close', () => {
      if (this.#streams.get(name) === stream) this.#streams.delete(name)
      this.#unfollow(userId, followed)
    })
    await transmit.subscribe({
      uid: id,
      channel: channelOf(userId),
      context: ctx,
      skipAuthorization: true,
    })
  }

  /** For measuring: streams open in this process, and the most messages that one of them has waiting. */
  get load(): { streams: number; unread: number } {
    const all = [...this.#streams.values()]
    return { streams: all.length, unread: Math.max(0, ...all.map((stream) => stream.unread())) }
  }

  /** Starts what streams need, with the first of them: commands and workers never do. */
  async #run(): Promise<void> {
    this.#running ??= this.#start().catch((error) => {
      this.#running = undefined
      throw error
    })
    await this.#running
  }

  async #start() {
    await this.#listener.start()
    const timer = setInterval(() => void this.#beat(), transmitConfig.pingInterval).unref()
    const stop = async () => {
      clearInterval(timer)
      for (const { response } of this.#streams.values()) response.destroy()
      await this.#listener.stop()
    }
    // The server waits for its open connections, so they end before it is told to close: hooks run in
    // reverse order, and this is added later than the server's.
    app.terminating(stop)
    return stop
  }

  #follow(userId: string): Followed {
    let followed = this.#followed.get(userId)
    if (!followed) {
      const fresh = (followed = {
        cursor: 0n,
        cursorKnown: Promise.resolve(),
        streams: 0,
        behind: false,
        pushing: false,
      } as Followed)
      fresh.cursorKnown = db
        .from('users')
        .where('id', userId)
        .select('notification_seq')
        .firstOrFail()
        .then((row) => void (fresh.cursor = row.notification_seq))
      this.#followed.set(userId, fresh)
    }
    followed.streams++
    return followed
  }

  #unfollow(userId: string, followed: Followed): void {
    followed.streams--
    if (followed.streams === 0 && this.#followed.get(userId) === followed) {
      this.#followed.delete(userId)
    }
  }

  #wake(userId: string): void {
    const followed = this.#followed.get(userId)
    if (!followed) return
    followed.behind = true
    if (!followed.pushing) void this.#push(userId, followed)
  }

  /** Pushes what is new, one reader at a time per user, so that the order is that of the numbers. */
  async #push(userId: string, followed: Followed): Promise<void> {
    followed.pushing = true
    try {
      await followed.cursorKnown
      const transmit = await app.container.make('transmit')
      while (followed.behind && followed.streams > 0) {
        followed.behind = false
        const rows = await Notification.query()
          .where('user_id', userId)
          .where('seq', '>', followed.cursor.toString())
          .orderBy('seq')
          .limit(BATCH)
        const messages = await serializeBare(NotificationTransformer.transform(rows))
        for (const [index, message] of messages.entries()) {
          transmit.broadcast(channelOf(userId), message)
          followed.cursor = rows[index].seq
        }
        if (rows.length > 0) this.#endUnread()
        if (rows.length === BATCH) followed.behind = true
      }
    } catch (error) {
      logger.error({ err: error }, 'live notifications: not pushed, the next ping tries again')
    } finally {
      followed.pushing = false
    }
  }

  /** With each ping: ends the streams of sessions that have ended, and finds what was not heard of. */
  async #beat(): Promise<void> {
    if (this.#beating || this.#streams.size === 0) return
    this.#beating = true
    try {
      this.#listener.check()
      this.#endUnread()
      const streams = [...this.#streams.values()]
      const { rows } = await db.rawQuery(
        `SELECT s.id, s.user_id, u.notification_seq FROM sessions s JOIN users u ON u.id = s.user_id
          WHERE s.id = ANY(?) AND s.revoked_at IS NULL AND s.expires_at > now()`,
        [[...new Set(streams.map(({ sessionId }) => sessionId))]]
      )
      const alive = new Map(rows.map((row: { id: string }) => [row.id, row]))
      for (const { sessionId, response } of streams) if (!alive.has(sessionId)) response.destroy()
      for (const { user_id: userId, notification_seq: latest } of rows) {
        const followed = this.#followed.get(userId)
        if (followed && followed.cursor < latest) this.#wake(userId)
      }
    } catch (error) {
      logger.error({ err: error }, 'live notifications: sessions could not be checked')
    } finally {
      this.#beating = false
    }
  }

  /** Ends streams that nobody reads, before what waits for them fills the memory. Their clients catch up. */
  #endUnread(): void {
    for (const stream of this.#streams.values()) {
      if (stream.unread() > MOST_UNREAD) stream.response.destroy()
    }
  }
}

export const streams = new Streams()
