import { EventSource } from 'eventsource'
import { Transmit } from '@adonisjs/transmit-client'
import type User from '#models/user'
import { channelOf } from '#notifications/live/streams'
import { waitFor } from '../../bin/surroundings/wait.js'
import { tokenOf } from '#tests/support/users'

/** A notification as the wire has it. */
export interface Heard {
  id: string
  seq: number
  kind: string
  [field: string]: unknown
}

export const ownUrl = () => `http://${process.env.HOST}:${process.env.PORT}`

export interface RawStream {
  status: number
  /** What was sent so far, as text. */
  text: string
  /** The payloads of our channel. */
  heard: Heard[]
  /** Resolves when the server has ended it. */
  ended: Promise<void>
  isOver: boolean
  close(): void
}

/** A stream as `fetch` sees it, opened: for what a polite client would not do. */
export async function openStream(
  user: User,
  options: { uid?: string; token?: string; url?: string; query?: string } = {}
): Promise<RawStream> {
  const closing = new AbortController()
  const query = options.query ?? `uid=${options.uid ?? crypto.randomUUID()}`
  const response = await fetch(`${options.url ?? ownUrl()}/__transmit/events?${query}`, {
    headers: { authorization: `Bearer ${options.token ?? (await tokenOf(user))}` },
    signal: closing.signal,
  })
  const stream: RawStream = {
    status: response.status,
    text: '',
    heard: [],
    ended: Promise.resolve(),
    isOver: false,
    close: () => closing.abort(),
  }
  let rest = ''
  const read = async () => {
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body!) {
        const text = decoder.decode(chunk, { stream: true })
        stream.text += text
        const events = (rest + text).split('\n\n')
        rest = events.pop()!
        for (const event of events) {
          if (!event.startsWith('data: ')) continue
          const { channel, payload } = JSON.parse(event.slice('data: '.length))
          if (channel === channelOf(user.id)) stream.heard.push(payload)
        }
      }
    } catch {
      // Cut off by the server, or closed by us.
    }
    stream.isOver = true
  }
  stream.ended = read()
  return stream
}

/** The client that frontends use, with an EventSource that says who it is; the token may change meanwhile. */
export function transmitClient(
  options: { token: () => string; url?: string } & Partial<
    ConstructorParameters<typeof Transmit>[0]
  >
): Transmit {
  const { token, url, ...rest } = options
  const signed = (headers: Headers) => headers.set('authorization', `Bearer ${token()}`)
  return new Transmit({
    baseUrl: url ?? ownUrl(),
    maxReconnectAttempts: 0,
    eventSourceFactory: (address) =>
      new EventSource(address, {
        fetch: async (input, init) => {
          const headers = { ...init.headers, authorization: `Bearer ${token()}` }
          const response = await fetch(input, { ...init, headers })
          // An answer that is no stream ends an EventSource for good; a failure makes it try again.
          if (!response.ok) throw new Error(`The stream was refused: ${response.status}`)
          return response
        },
      }) as never,
    beforeSubscribe: ({ headers }) => signed(headers),
    beforeUnsubscribe: ({ headers }) => signed(headers),
    ...rest,
  })
}

export const until = (what: string, is: () => boolean) =>
  waitFor(what, async () => is(), { everyMs: 10 })
