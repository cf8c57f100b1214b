import type { IncomingHttpHeaders } from 'node:http'
import { fingerprintOf } from '../common/fingerprint.js'
import type { Answer, LogEntry, ServedApi } from '../common/http.js'
import { route } from '../common/route.js'
import type { Endpoint } from './endpoint.js'
import { failure, invalidParam, StripeFailure } from './errors.js'
import { expand } from './expand.js'
import type { FaultPlan } from './faults.js'
import { listOf, readShape, string } from './fields.js'
import { decodeForm, type Form } from './form.js'
import { Idempotency } from './idempotency.js'
import { tick } from './schedule.js'
import { newId } from './store.js'
import { API_VERSION, noAccess, type World } from './world.js'

/** A request, read but not yet judged. */
export interface ApiRequest {
  id: string
  method: string
  path: string
  template: string
  endpoint?: Endpoint
  names: Record<string, string>
  params: Form
  owner: string
  key: string
  idempotencyKey?: string
  /** This request, and no other with its key, is the one that runs. */
  holdsKey?: boolean
}

export interface ApiAnswer extends Answer {
  /** The request whose answer this is, when it is replayed. */
  originalRequest?: string
}

/** One request as tests look back on it. */
export interface RequestLogEntry extends LogEntry<Form> {
  idempotencyKey?: string
  stripeAccount?: string
}

/** The HTTP-independent part of the API: authentication, parameters, keys, effects, answers. */
export class Api implements ServedApi<Form, ApiRequest, RequestLogEntry, FaultPlan> {
  readonly vendor = 'Stripe'
  readonly idempotency: Idempotency

  constructor(
    private world: World,
    readonly endpoints: Endpoint[]
  ) {
    this.idempotency = new Idempotency(world.store, world.clock)
  }

  read(method: string, url: string, headers: IncomingHttpHeaders, body: Buffer): ApiRequest {
    const { pathname, search } = new URL(url, 'http://sandbox')
    const found = route(this.endpoints, method, decodeURI(pathname))
    const idempotencyKey = method === 'POST' ? headers['idempotency-key'] : undefined
    return {
      id: newId('req', 14),
      method,
      path: pathname,
      template: found?.endpoint.template ?? pathname,
      endpoint: found?.endpoint,
      names: found?.path ?? {},
      params: { ...decodeForm(search.slice(1)), ...decodeForm(body.toString()) },
      owner: String(headers['stripe-account'] ?? ''),
      key: keyOf(headers.authorization),
      idempotencyKey: idempotencyKey === undefined ? undefined : String(idempotencyKey),
    }
  }

  /**
   * Answers a request. With a key, the answer is stored in the same commit as the effect, and the key
   * stays taken until `release`.
   */
  answer(request: ApiRequest): ApiAnswer {
    const { idempotencyKey, owner } = request
    try {
      this.#authenticate(request)
      if (!request.endpoint) throw unrecognized(request)
      if (idempotencyKey !== undefined) {
        const fingerprint = fingerprintOf(request.method, request.path, request.params)
        const stored = this.idempotency.claim(owner, idempotencyKey, fingerprint)
        if (stored) {
          const { status, body, requestId } = stored
          return { status, body, replayed: true, originalRequest: requestId }
        }
        request.holdsKey = true
      }
      return this.#run(request, request.endpoint)
    } catch (error) {
      return refusal(error)
    }
  }

  /** Stores an answer under the request's key, in place of any stored before. */
  remember(request: ApiRequest, { status, body }: { status: number; body: string }): void {
    if (request.idempotencyKey === undefined) return
    const fingerprint = fingerprintOf(request.method, request.path, request.params)
    const answer = { fingerprint, status, body, requestId: request.id }
    this.idempotency.remember(request.owner, request.idempotencyKey, answer)
    this.world.store.commit()
  }

  /** No request is under way any more. */
  forget(): void {
    this.idempotency.clear()
  }

  release({ owner, idempotencyKey, holdsKey }: ApiRequest): void {
    if (idempotencyKey !== undefined && holdsKey) this.idempotency.release(owner, idempotencyKey)
  }

  noted({ idempotencyKey, owner }: ApiRequest) {
    return {
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(owner && { stripeAccount: owner }),
    }
  }

  exchanged({ params }: ApiRequest) {
    return { params }
  }

  headers({ id, idempotencyKey, owner }: ApiRequest, answer: ApiAnswer): Record<string, string> {
    const { replayed, originalRequest = '' } = answer
    return {
      'request-id': id,
      'stripe-version': API_VERSION,
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(replayed && { 'idempotent-replayed': 'true', 'original-request': originalRequest }),
      ...(owner && { 'stripe-account': owner }),
    }
  }

  /** The body of Stripe's answer to its own failures. */
  failure(status: 500 | 429): string {
    const error =
      status === 429
        ? {
            type: 'invalid_request_error',
            code: 'rate_limit',
            message: 'Too many requests hit the API too quickly.',
          }
        : { type: 'api_error', message: 'An unknown error occurred.' }
    return JSON.stringify({ error }, null, 2)
  }

  faulted(request: ApiRequest, { replay500 }: FaultPlan, answer?: Answer): void {
    if (replay500 && !answer?.replayed) {
      this.remember(request, { status: 500, body: this.failure(500) })
    }
  }

  #run(request: ApiRequest, endpoint: Endpoint): ApiAnswer {
    const { world } = this
    tick(world)
    let answer: ApiAnswer
    let stored = true
    world.request = { id: request.id, idempotency_key: request.idempotencyKey ?? null }
    try {
      const { expand: paths, ...form } = request.params
      const publishable = request.key.startsWith('pk_')
      const params = readShape(endpoint.shape, form)
      const expanded = paths === undefined ? [] : listOf(string).read(paths, 'expand')
      const { owner, names: path } = request
      const object = endpoint.handle({ world, params, path, owner, publishable })
      const body = JSON.stringify(expand(world, object, expanded), null, 2)
      answer = { status: 200, body, replayed: false }
    } catch (error) {
      answer = refusal(error)
      stored = error instanceof StripeFailure && error.stored
    } finally {
      world.request = null
    }
    if (stored) this.remember(request, answer)
    world.store.commit()
    return answer
  }

  #authenticate({ key, owner, endpoint }: ApiRequest): void {
    const refused = (message: string, code?: string) =>
      failure(401, { type: 'invalid_request_error', code, message }, false)
    if (!key) {
      throw refused(
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
      )
    }
    if (!/^(sk|rk|pk)_test_\w+$/.test(key)) {
      throw refused(`Invalid API Key provided: ${key.slice(0, 8)}****`)
    }
    if (key.startsWith('pk_') && endpoint && !endpoint.publishable) {
      throw refused(
        'This API call cannot be made with a publishable API key. Please use a secret API key.',
        'secret_key_required'
      )
    }
    const account = owner ? this.world.store.get('account', owner) : undefined
    if (owner && (!account || account.hidden.left)) throw noAccess(owner, key)
  }
}

function refusal(error: unknown): ApiAnswer {
  if (!(error instanceof StripeFailure)) throw error
  return {
    status: error.status,
    body: JSON.stringify({ error: error.body }, null, 2),
    replayed: false,
  }
}

function unrecognized({ method, path }: ApiRequest): StripeFailure {
  const failed = invalidParam(
    undefined,
    `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`
  )
  return new StripeFailure(404, failed.body, false)
}

/** The API key of a Bearer header, or of Basic authentication as its user. */
function keyOf(authorization = ''): string {
  const [scheme, credentials = ''] = authorization.split(' ')
  if (scheme.toLowerCase() === 'bearer') return credentials
  if (scheme.toLowerCase() !== 'basic') return ''
  return Buffer.from(credentials, 'base64').toString().split(':')[0]
}
