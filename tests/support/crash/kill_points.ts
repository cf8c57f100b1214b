/**
 * Loaded into a process that is to die at an exact moment: it numbers every commit and every HTTP
 * request to a provider, and kills the process with SIGKILL right before or right after the wanted
 * one. The application under test knows nothing of it.
 */
import { subscribe } from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { withoutIds } from './without_ids.js'

export type Side = 'before' | 'after'

/** Something that takes effect outside this process. */
export interface KillPoint {
  /** Such as `POST /v1/transfers`, or the statement that was (last) written before a commit. */
  what: string
  /** How many with the same `what` came before it. */
  nth: number
  kind: 'commit' | 'provider'
  /** False for a statement that found nothing to change: dying around it is dying around nothing. */
  effective: boolean
}

/** A side of the n-th point since `arm`, from 0. */
export interface Numbered {
  number: number
  side: Side
}

/**
 * A side of a point known by what it is. What one operation does at the same time, such as jobs of one batch,
 * comes in another order in another run; the n-th of its kind is the same in every run.
 */
export interface Named {
  what: string
  nth: number
  side: Side
}

let seen: KillPoint[] = []
let wanted: Numbered | Named | undefined

/** Starts counting from nothing, and dies at the given point if one is given. */
export function arm(at?: Numbered | Named): void {
  seen = []
  wanted = at
}

/** The points passed since `arm`, in order. */
export function pointsSeen(): KillPoint[] {
  return seen
}

function reach(side: Side, number: number): void {
  if (wanted?.side !== side || !isWanted(seen[number], number)) return
  // Synchronously, since nothing else would still get out: which point it really was.
  writeSync(1, `killed ${side} ${seen[number].what}\n`)
  // POSIX: a signal to oneself is delivered before kill() returns, so nothing runs after this.
  process.kill(process.pid, 'SIGKILL')
}

function isWanted({ what, nth }: KillPoint, number: number): boolean {
  if (!wanted) return false
  return 'number' in wanted ? wanted.number === number : wanted.what === what && wanted.nth === nth
}

function pass(point: Omit<KillPoint, 'nth'>): number {
  const nth = seen.filter(({ what }) => what === point.what).length
  const number = seen.push({ ...point, nth }) - 1
  reach('before', number)
  return number
}

/* -- Commits: of explicit transactions, and of statements that are a transaction of their own. -- */

interface Query {
  text: string
  submit(connection: Connection): unknown
  handleReadyForQuery(connection: Connection): unknown
  _result?: Result
  _results?: Result | Result[]
}
interface Result {
  rowCount: number | null
  command: string | null
}
interface Connection {
  prependListener(event: 'readyForQuery', listener: (message: { status: string }) => void): void
}

/** By connection: `I` outside a transaction, `T` inside, `E` inside a failed one. */
const statuses = new WeakMap<Connection, string>()
const lastWrites = new WeakMap<Connection, string>()
const commits = new WeakMap<Query, number>()

const WRITES = /\b(insert into|update|delete from)\b/i
const READS = /^\s*(select|show|set|listen|lock)\b/i

function isCommit({ text }: Query, status: string): boolean {
  // Each process makes sure of its queues once, whatever it is asked for first.
  if (/create_queue/.test(text)) return false
  if (status !== 'I') return /^\s*commit\b/i.test(text)
  if (/^\s*begin\b/i.test(text)) return /\bcommit\b/i.test(text)
  return WRITES.test(text) && !READS.test(text)
}

const query = pg.Query.prototype as unknown as Query
const { submit, handleReadyForQuery } = query

query.submit = function (this: Query, connection) {
  if (!statuses.has(connection)) {
    statuses.set(connection, 'I')
    connection.prependListener('readyForQuery', ({ status }) => statuses.set(connection, status))
  }
  const own = WRITES.test(this.text) ? this.text : undefined
  if (own) lastWrites.set(connection, own)
  if (isCommit(this, statuses.get(connection)!)) {
    const text = own ?? lastWrites.get(connection) ?? this.text
    const what = text.replace(/\s+/g, ' ').trim().slice(0, 90).trim()
    commits.set(this, pass({ what, kind: 'commit', effective: true }))
  }
  return submit.call(this, connection)
}

query.handleReadyForQuery = function (this: Query, connection) {
  const number = commits.get(this)
  if (number !== undefined) {
    // One result, or several of a text with several statements.
    const results = [this._results ?? this._result].flat()
    const changed = results.some((one) => (one?.rowCount ?? 0) > 0)
    seen[number].effective = changed || results.some((one) => one?.command === 'COMMIT')
    reach('after', number)
  }
  return handleReadyForQuery.call(this, connection)
}

/* -- Requests to the provider: before the first byte is sent, and once its answer is here. -- */

const providers = [process.env.STRIPE_API_BASE!, process.env.PAYPAL_API_BASE!].map(
  (base) => new URL(base).host
)
/** Each process asks for these once, whatever it is asked for first: PayPal's token and certificate. */
const ONCE = /^\/v1\/(oauth2\/token|notifications\/certs\/)/
const requests = new WeakMap<ClientRequest, number>()

subscribe('http.client.request.created', (message) => {
  const { request } = message as { request: ClientRequest }
  if (!providers.includes(String(request.getHeader('host'))) || ONCE.test(request.path)) return
  const what = `${request.method} ${withoutIds(request.path)}`
  requests.set(request, pass({ what, kind: 'provider', effective: true }))
  if (process.env.CRASH_FORGETS_KEYS) forgetKey(request)
})

subscribe('http.client.response.finish', (message) => {
  const { request } = message as { request: ClientRequest; response: IncomingMessage }
  const number = requests.get(request)
  if (number !== undefined) reach('after', number)
})

/* -- Only for the proof that a double effect would be noticed. -- */

/** A key as payouts and refunds at PayPal have it in their bodies, too. */
const KEY_IN_BODY = /\bsafesend(?=:[0-9a-f-]{36}:)/g

/** Another key than the one that survives a process, wherever a provider looks for it. */
function forgetKey(request: ClientRequest): void {
  for (const name of ['idempotency-key', 'paypal-request-id']) {
    if (request.getHeader(name)) request.setHeader(name, randomUUID())
  }
  // Of the same length, because that was announced.
  const other = randomUUID().slice(0, 'safesend'.length)
  const changed = (chunk: unknown) =>
    typeof chunk === 'string' || chunk instanceof Uint8Array
      ? Buffer.from(chunk).toString().replace(KEY_IN_BODY, other)
      : chunk
  for (const name of ['write', 'end'] as const) {
    const send = request[name] as (...args: unknown[]) => unknown
    request[name] = ((chunk: unknown, ...rest: unknown[]) =>
      send.call(request, changed(chunk), ...rest)) as never
  }
}
