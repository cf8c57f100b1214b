import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import type { HttpContext } from '@adonisjs/core/http'
import type { ContainerBindings } from '@adonisjs/core/types'
import db from '@adonisjs/lucid/services/db'
import transmitConfig from '#config/transmit'
import { whenStopping } from '#start/stopping'
import { Problem } from '#exceptions/problem'
import Notification from '#models/notification'
import { endSoon } from '#notifications/live/end_soon'
import { Listener } from '#notifications/live/listener'
import NotificationTransformer from '#transformers/notification_transformer'
import { serializeBare } from '#transformers/serialize'

/** Open at the same time in one process, of one user: some tabs on some devices. */
const MOST_STREAMS_OF_A_USER = 20

/** Messages that wait for a client which does not read; one more, and its stream is ended. */
const MOST_UNREAD = 500

/** Rows of one user that are read and pushed at once. */
const BATCH = 100

/** Users whose rows are read with one query. */
const USERS_AT_ONCE = 100

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
  /** Transmit's end of it. */
  carrier: ReturnType<ContainerBindings['transmit']['createStream']>
}

type Message = Parameters<Stream['carrier']['writeMessage']>[0]

/** A user with streams in this process. */
interface Followed {
  /** The last number that was pushed, or was there before anybody looked. */
  cursor: bigint
  cursorKnown: Promise<void>
  /** Streams that are open or being opened. */
  streams: number
  open: Set<Stream>
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
  /** Users who may have rows beyond their cursor. */
  #behind = new Map<string, Followed>()
  #pushing?: Promise<void>
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
    const stream = { userId, sessionId, uid, response, carrier }
    this.#streams.set(name, stream)
    followed.open.add(stream)
    response.once('close', () => {
      if (this.#streams.get(name) === stream) this.#streams.delete(name)
      followed.open.delete(stream)
      this.#unfollow(userId, followed)
    })
  }

  /** For measuring: streams open in this process, and the most messages that one of them has waiting. */
  get load(): { streams: number; unread: number } {
    const all = [...this.#streams.values()]
    return { streams: all.length, unread: Math.max(0, ...all.map(unread)) }
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
    whenStopping(() => {
      for (const { response } of this.#streams.values()) endSoon(response)
    })
    return stop
  }

  #follow(userId: string): Followed {
    let followed = this.#followed.get(userId)
    if (!followed) {
      const fresh = (followed = {
        cursor: 0n,
        cursorKnown: Promise.resolve(),
        streams: 0,
        open: new Set<Stream>(),
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
    this.#behind.set(userId, followed)
    this.#pushing ??= this.#push()
  }

  /**
   * Pushes what is new. There is one reader, so that the order is that of the numbers; whoever has news
   * while it reads is read next, together: news for thousands is a query for each hundred of them, and
   * leaves the database's connections to the requests.
   */
  async #push(): Promise<void> {
    while (this.#behind.size > 0) {
      const some = [...this.#behind.entries().take(USERS_AT_ONCE)]
      for (const [userId] of some) this.#behind.delete(userId)
      await this.#pushTo(some).catch((error: unknown) => {
        logger.error({ err: error }, 'live notifications: not pushed, the next ping tries again')
      })
    }
    // In the same turn as the look at who is behind, or somebody would wait for nobody.
    this.#pushing = undefined
  }

  async #pushTo(behind: [string, Followed][]): Promise<void> {
    await Promise.allSettled(behind.map(([, { cursorKnown }]) => cursorKnown))
    // Whoever could not be looked up has no stream: opening it fails with the same error.
    const users = behind.filter(([, { open }]) => open.size > 0)
    if (users.length === 0) return
    const { rows: found } = await db.rawQuery(
      `SELECT n.* FROM unnest(?::uuid[], ?::bigint[]) AS behind (user_id, seq)
        CROSS JOIN LATERAL (
          SELECT * FROM notifications
           WHERE user_id = behind.user_id AND seq > behind.seq ORDER BY seq LIMIT ${BATCH}) n`,
      [users.map(([userId]) => userId), users.map(([, { cursor }]) => cursor.toString())]
    )
    const rows: Notification[] = found.map((row: object) =>
      Notification.$createFromAdapterResult(row)
    )
    const messages = await serializeBare(NotificationTransformer.transform(rows))
    const followed = new Map(users)
    const pushed = new Map<string, number>()
    for (const [index, { userId, seq }] of rows.entries()) {
      const data = { channel: channelOf(userId), payload: messages[index] }
      this.#send(followed.get(userId)!, { data })
      followed.get(userId)!.cursor = seq
      pushed.set(userId, (pushed.get(userId) ?? 0) + 1)
    }
    for (const [userId, count] of pushed) if (count === BATCH) this.#wake(userId)
  }

  /** Past Transmit's own list of who hears a channel, which it reads from end to end for each message. */
  #send({ open }: Followed, message: Message): void {
    for (const stream of open) {
      stream.carrier.writeMessage(message)
      endUnread(stream)
    }
  }

  /** With each ping: ends the streams of sessions that have ended, and finds what was not heard of. */
  async #beat(): Promise<void> {
    if (this.#beating || this.#streams.size === 0) return
    this.#beating = true
    try {
      this.#listener.check()
      const streams = [...this.#streams.values()]
      streams.forEach(endUnread)
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
}

/** Messages not yet handed to the connection. */
function unread({ carrier }: Stream): number {
  return carrier.writableLength
}

/** Ends a stream that nobody reads, before what waits for it fills the memory. Its client catches up. */
function endUnread(stream: Stream): void {
  if (unread(stream) > MOST_UNREAD) stream.response.destroy()
}

export const streams = new Streams()
