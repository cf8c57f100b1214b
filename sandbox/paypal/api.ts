import type { IncomingHttpHeaders } from 'node:http'
import { randomText } from '../common/random.js'
import type { Answer, LogEntry, ServedApi } from '../common/http.js'
import type { FaultPlan } from '../common/faults.js'
import { route } from '../common/route.js'
import { endpoint, type Call, type Endpoint, type Json, type Reply } from './endpoint.js'
import { invalid, missing, PayPalFailure, unauthenticated, wrongMediaType } from './errors.js'
import { readMultipart } from './multipart.js'
import { RequestIds } from './request_ids.js'
import { isTokenGood, issueToken } from './resources/oauth.js'
import { tick } from './schedule.js'
import type { World } from './world.js'

/** A request, read but not yet judged. */
export interface ApiRequest {
  debugId: string
  method: string
  path: string
  template: string
  endpoint?: Endpoint
  call: Call
  /** Query and body, for faults and the log. */
  params: Json
  authorization: string
  /** Why it cannot be read. */
  unreadable?: PayPalFailure
  /** This request, and no other with its PayPal-Request-Id, is the one that runs. */
  holdsId?: boolean
}

/** One request as tests look back on it. */
export interface RequestLogEntry extends LogEntry<Json> {
  requestId?: string
  debugId: string
}

const TOKEN = '/v1/oauth2/token'

/** The HTTP-independent part of the API: authentication, request ids, effects, answers. */
export class Api implements ServedApi<Json, ApiRequest, RequestLogEntry, FaultPlan> {
  readonly vendor = 'PayPal'
  #requestIds: RequestIds
  readonly endpoints: Endpoint[]

  constructor(
    private world: World,
    endpoints: Endpoint[]
  ) {
    this.#requestIds = new RequestIds(world.store, world.clock)
    // Handled below: it is the only one that looks at the caller's secret.
    const token = endpoint('POST', TOKEN, () => ({ status: 500 }), { open: true })
    this.endpoints = [token, ...endpoints]
  }

  read(method: string, url: string, headers: IncomingHttpHeaders, bytes: Buffer): ApiRequest {
    const { pathname, searchParams } = new URL(url, 'http://sandbox')
    const path = decodeURI(pathname)
    const found = route(this.endpoints, method, path)
    const query = Object.fromEntries(searchParams)
    const { body, files, unreadable } = readBody(bytes, headers['content-type'] ?? '')
    const id = headers['paypal-request-id']
    return {
      debugId: randomText('0123456789abcdef', 13),
      method,
      path: pathname,
      template: found?.endpoint.template ?? pathname,
      endpoint: found?.endpoint,
      call: {
        world: this.world,
        path: found?.path ?? {},
        query,
        body,
        files,
        requestId: id === undefined ? undefined : String(id),
        whole: headers.prefer === 'return=representation',
      },
      params: { ...query, ...body },
      authorization: headers.authorization ?? '',
      unreadable,
    }
  }

  answer(request: ApiRequest): Answer {
    let reply: Reply
    let replayed = false
    tick(this.world)
    try {
      const again = this.#again(request)
      replayed = again !== undefined
      reply = again ?? this.#run(request)
    } catch (error) {
      if (!(error instanceof PayPalFailure)) throw error
      reply = { status: error.status, body: error.body(request.debugId) }
    }
    this.world.store.commit()
    const body = reply.body === undefined ? '' : JSON.stringify(reply.body)
    return { status: reply.status, body, replayed }
  }

  /** No request is under way any more. */
  forget(): void {
    this.#requestIds.clear()
  }

  release({ call, endpoint: at, holdsId }: ApiRequest): void {
    if (at && holdsId) this.#requestIds.release(call, at)
  }

  noted({ debugId, call: { requestId } }: ApiRequest) {
    return { debugId, ...(requestId !== undefined && { requestId }) }
  }

  exchanged({ call: { body, query } }: ApiRequest) {
    return { params: body, query }
  }

  headers({ debugId }: ApiRequest, { status }: Answer): Record<string, string> {
    return { 'paypal-debug-id': debugId, ...(status === 429 && { 'retry-after': '1' }) }
  }

  failure(status: 500 | 429): string {
    const [name, message] =
      status === 429
        ? ['RATE_LIMIT_REACHED', 'Too many requests. Blocked due to rate limiting.']
        : ['INTERNAL_SERVER_ERROR', 'An internal server error occurred.']
    return JSON.stringify({ name, message, debug_id: randomText('0123456789abcdef', 13) })
  }

  /** Judges who asks; answers what a PayPal-Request-Id has made before, if it has. */
  #again({ endpoint: at, call, authorization, unreadable }: ApiRequest): Reply | undefined {
    if (!at?.open) {
      const [scheme, token = ''] = authorization.split(' ')
      const good = scheme.toLowerCase() === 'bearer' && isTokenGood(this.world, token)
      if (!good) throw unauthenticated()
    }
    if (!at) throw missing()
    if (unreadable) throw unreadable
    return this.#requestIds.again(call, at)
  }

  #run(request: ApiRequest): Reply {
    const { endpoint: at, call, authorization } = request
    if (!at) throw missing()
    if (at.template === TOKEN) return issueToken(call, basicOf(authorization))
    request.holdsId = Boolean(at.keyed && call.requestId)
    const reply = at.handle(call)
    this.#requestIds.remember(call, at, reply)
    return reply
  }
}

function readBody(
  bytes: Buffer,
  type: string
): { body: Json; files: string[]; unreadable?: PayPalFailure } {
  const none = { body: {}, files: [] }
  if (bytes.length === 0) return none
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return { ...none, body: Object.fromEntries(new URLSearchParams(bytes.toString())) }
  }
  if (type.startsWith('multipart/')) {
    const { fields, files } = readMultipart(bytes, type)
    return { body: fields, files }
  }
  if (!/^application\/([\w.-]+\+)?json/.test(type)) return { ...none, unreadable: wrongMediaType() }
  try {
    const body = JSON.parse(bytes.toString()) as unknown
    if (body && typeof body === 'object' && !Array.isArray(body))
      return { ...none, body: body as Json }
  } catch {
    // Answered below, as everything else that is no object.
  }
  return { ...none, unreadable: invalid('MALFORMED_REQUEST_JSON', '/') }
}

/** Client id and secret of Basic authentication. */
function basicOf(authorization: string): string {
  const [scheme, credentials = ''] = authorization.split(' ')
  return scheme.toLowerCase() === 'basic' ? Buffer.from(credentials, 'base64').toString() : ''
}
