import {
  Client,
  Environment,
  OAuthAuthorizationController,
  OrdersController,
  PaymentsController,
  TransactionSearchController,
  type ApiResponse,
} from '@paypal/paypal-server-sdk'
import env from '#start/env'
import { ProviderFailure } from '#payments/provider'
import { noteProviderRequest } from '#telemetry/provider_calls'
import { asUnknown, failureOf, isUnauthenticated, malformedAnswer } from './errors.js'

const LIVE_BASE = 'https://api-m.paypal.com'
const TIMEOUT_MS = 20_000

/** So long before a token expires we no longer send it. */
const TOKEN_MARGIN_MS = 60_000

/** Where PayPal is and who we are there, as the environment has it now. */
export function settings() {
  return {
    clientId: env.get('PAYPAL_CLIENT_ID') ?? '',
    clientSecret: env.get('PAYPAL_CLIENT_SECRET')?.release() ?? '',
    base: (env.get('PAYPAL_API_BASE') || LIVE_BASE).replace(/\/+$/, ''),
    timeout: env.get('PAYPAL_TIMEOUT_MS') ?? TIMEOUT_MS,
  }
}

/** Whether payments by PayPal and Venmo are offered here. */
export function isPaypalConfigured(): boolean {
  const { clientId, clientSecret } = settings()
  return Boolean(clientId && clientSecret)
}

/** Whether a host is PayPal's own, and then which of its two worlds it belongs to. */
export function paypalHost(hostname: string): 'live' | 'sandbox' | undefined {
  const within = (domain: string) => hostname === domain || hostname.endsWith(`.${domain}`)
  if (within('sandbox.paypal.com')) return 'sandbox'
  return within('paypal.com') ? 'live' : undefined
}

/** Whether our credentials move real money. */
export function isPaypalLive(): boolean {
  return isPaypalConfigured() && paypalHost(new URL(settings().base).hostname) === 'live'
}

/**
 * The SDK's client, which knows PayPal's two addresses and no other: each request, the one for a token
 * too, is sent to `base` instead. It follows no redirect, so that a token goes nowhere else, and uses no
 * proxy of the environment, just as our other provider does.
 */
class PaypalClient extends Client {
  readonly #base: string

  constructor(base: string, token?: string) {
    super({
      environment: Environment.Production,
      unstable_httpClientOptions: { maxRedirects: 0, proxy: false },
      clientCredentialsAuthCredentials: {
        oAuthClientId: '',
        oAuthClientSecret: '',
        ...(token && { oAuthToken: { accessToken: token, tokenType: 'Bearer' } }),
      },
    })
    this.#base = base
  }

  override getRequestBuilderFactory(): ReturnType<Client['getRequestBuilderFactory']> {
    const build = super.getRequestBuilderFactory()
    return (...args) => {
      const builder = build(...args)
      builder.interceptRequest((request) => ({
        ...request,
        url: request.url.replace(LIVE_BASE, this.#base),
      }))
      return builder
    }
  }
}

interface Token {
  value: string
  expiresAt: number
}

/**
 * Made for one token and thrown away with it. The SDK could fetch tokens itself, but it keeps a failed
 * request for one, and then every later call fails with it until the process ends.
 */
export interface Session {
  orders: OrdersController
  payments: PaymentsController
  search: TransactionSearchController
  request: ReturnType<Client['getRequestBuilderFactory']>
}

let cached: { made: string; token: Promise<Token>; session: Promise<Session> } | undefined

/** @throws ProviderFailure `retry`: without a token nothing was asked of PayPal */
async function currentSession(): Promise<Session> {
  const { clientId, clientSecret, base } = settings()
  const made = `${clientId} ${clientSecret} ${base}`
  if (cached?.made === made) {
    const { token, session } = cached
    const { expiresAt } = await token
    if (expiresAt - TOKEN_MARGIN_MS > Date.now()) return session
    if (cached?.token === token) cached = undefined
    return currentSession()
  }
  const token = fetchToken(base, clientId, clientSecret)
  const session = token.then(({ value }) => sessionWith(base, value))
  const entry = { made, token, session }
  cached = entry
  try {
    return await session
  } catch (error) {
    if (cached === entry) cached = undefined
    throw error
  }
}

async function fetchToken(base: string, id: string, secret: string): Promise<Token> {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  try {
    const { result } = await new OAuthAuthorizationController(new PaypalClient(base)).requestToken(
      { authorization },
      undefined,
      withinTime()
    )
    const lifetime = Number(result.expiresIn ?? 0) * 1000
    return { value: result.accessToken, expiresAt: Date.now() + lifetime }
  } catch (error) {
    const { code, message } = failureOf(error)
    throw new ProviderFailure('retry', code, `No token from PayPal: ${message}`, { cause: error })
  }
}

function sessionWith(base: string, token: string): Session {
  const client = new PaypalClient(base, token)
  return {
    orders: new OrdersController(client),
    payments: new PaymentsController(client),
    search: new TransactionSearchController(client),
    request: client.getRequestBuilderFactory(),
  }
}

function withinTime(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(settings().timeout) }
}

/** One call of the SDK; hand `options` on to it, they end it in time. */
type Call<T> = (session: Session, options: { abortSignal: AbortSignal }) => Promise<Answered<T>>

type Answered<T> = Pick<ApiResponse<T>, 'result'> & { headers?: Record<string, string> }

/**
 * Waits for an answer. A token that is no longer taken is replaced once; a request that was refused for
 * it did nothing.
 *
 * @throws ProviderFailure for everything else than an answer
 */
export async function ask<T>(call: Call<T>): Promise<T> {
  const session = await currentSession()
  try {
    return noted(await call(session, withinTime())).result
  } catch (error) {
    if (!isUnauthenticated(error)) throw failureOf(noted(error))
  }
  if ((await cached?.session.catch(() => undefined)) === session) cached = undefined
  const renewed = await currentSession()
  try {
    return noted(await call(renewed, withinTime())).result
  } catch (error) {
    throw failureOf(noted(error))
  }
}

/** An answer or a refusal, after its id has been noted. */
function noted<T>(said: T): T {
  const { headers } = (said ?? {}) as { headers?: Record<string, string> }
  noteProviderRequest(headers?.['paypal-debug-id'])
  return said
}

/**
 * Reads something. A refusal to show it says nothing about what happened to it (wrong credentials hide
 * everything), so reading never answers `declined`.
 *
 * @throws ProviderFailure `unknown` or `retry`
 */
export async function look<T>(call: Call<T>): Promise<T> {
  return ask(call).catch((error) => {
    throw asUnknown(error)
  })
}

interface Rest {
  query?: Record<string, string | number | undefined>
  headers?: Record<string, string>
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is. */
  text?: { content: string; type: string }
}

/**
 * A call that the SDK has no method for, over its own connection and token, for `ask` or `look`.
 *
 * @param path with its ids encoded: see `segment`
 */
export function rest<T extends object>(
  method: 'GET' | 'POST',
  path: string,
  { query, headers, json, text }: Rest = {}
): Call<T> {
  return async ({ request }, options) => {
    const builder = request(method, path)
    builder.authenticate([{ oauth2: true }])
    builder.query(query)
    builder.headers({ accept: 'application/json', ...headers })
    if (json !== undefined) builder.json(json)
    if (text) {
      builder.text(text.content)
      builder.contentType(text.type)
    }
    const { result, headers: answered } = await builder.callAsText(options)
    return { result: objectIn(result) as T, headers: answered }
  }
}

/** An id as a part of a path: somebody else's text must not become another path. */
export function segment(id: string): string {
  return encodeURIComponent(id)
}

function objectIn(body: string): object {
  try {
    const value: unknown = JSON.parse(body)
    if (value && typeof value === 'object' && !Array.isArray(value)) return value
  } catch {
    // Told below, as for any other answer that is no object.
  }
  throw malformedAnswer('JSON object')
}
