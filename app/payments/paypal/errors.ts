import { AbortError, ApiError } from '@paypal/paypal-server-sdk'
import { ProviderFailure, type ProviderFailureKind } from '#payments/provider'

/** The connection was never made, so nothing was sent. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** PayPal is at work on the same object or has too much of it; this request did nothing. */
const BUSY = new Set([
  'PREVIOUS_REQUEST_IN_PROGRESS',
  'ORDER_COMPLETION_IN_PROGRESS',
  'RATE_LIMIT_REACHED',
  'RESOURCE_CONFLICT',
])

/** Our balance does not cover it, in the words of refunds and of payouts; ours for every rail. */
const SHORT = new Set([
  'INSUFFICIENT_FUNDS',
  'SENDER_INSUFFICIENT_FUNDS',
  'REFUND_FAILED_INSUFFICIENT_FUNDS',
])
const BALANCE_INSUFFICIENT = 'balance_insufficient'

/** A refund that has to wait for the end of a dispute over the same payment. */
const DISPUTED = new Set(['TRANSACTION_DISPUTED', 'REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK'])
const CHARGE_DISPUTED = 'charge_disputed'

/** The key was used for something else: a defect of ours, and no proof that nothing happened. */
const KEY_USED = new Set(['DUPLICATE_REQUEST_ID', 'PAYPAL_REQUEST_ID_PREVIOUSLY_USED'])

/** What PayPal says of an order or payment that it does not (or no longer) show. */
const GONE = new Set(['INVALID_RESOURCE_ID', 'RESOURCE_NOT_FOUND'])

/** The JSON of a refusal (https://developer.paypal.com/api/rest/responses/#link-failedrequests). */
export interface PaypalError {
  name: string
  message?: string
  debug_id?: string
  details?: { issue?: string; description?: string; field?: string; link?: PaypalLink[] }[]
  links?: PaypalLink[]
}

interface PaypalLink {
  href?: string
  rel?: string
}

/**
 * What an error of the SDK says about the effect of the call.
 *
 * Only what PayPal itself refused, in its own JSON, is `declined`. Whatever leaves room for an effect is
 * `unknown`: time-outs and lost connections, every 5xx, and answers that we cannot read.
 */
export function failureOf(error: unknown): ProviderFailure {
  if (error instanceof ProviderFailure) return error
  if (error instanceof AbortError) return failure('unknown', 'timeout', error)
  if (error instanceof ApiError) return refusal(error)
  const { code, isAxiosError } = error as { code?: string; isAxiosError?: boolean }
  if (!isAxiosError) return failure('unknown', 'malformed_answer', error)
  if (code === 'ETIMEDOUT') return failure('unknown', 'timeout', error)
  return failure(NEVER_SENT.has(code ?? '') ? 'retry' : 'unknown', 'connection', error)
}

/** PayPal's own words about a failure, if it said any. */
export function saidOf(failed: unknown): PaypalError | undefined {
  const error = failed instanceof ProviderFailure ? failed.cause : failed
  if (!(error instanceof ApiError) || typeof error.body !== 'string') return undefined
  try {
    const body = JSON.parse(error.body) as PaypalError | null
    return typeof body?.name === 'string' ? body : undefined
  } catch {
    return undefined
  }
}

/** The token was not taken: it expired early, or was revoked. Nothing was done. */
export function isUnauthenticated(error: unknown): boolean {
  return error instanceof ApiError && error.statusCode === 401
}

/** PayPal itself says that there is nothing (any more) under this id. */
export function isGone(error: unknown): boolean {
  return error instanceof ProviderFailure && GONE.has(error.code)
}

/** Something answered, but not with what we asked for. */
export function malformedAnswer(expected: string): ProviderFailure {
  return new ProviderFailure(
    'unknown',
    'malformed_answer',
    `PayPal's answer is not the ${expected} that was asked for.`
  )
}

/** What a failure is worth that came from reading: no refusal there proves anything. */
export function asUnknown(error: unknown): unknown {
  if (!(error instanceof ProviderFailure) || error.kind !== 'declined') return error
  return new ProviderFailure('unknown', error.code, error.message, { cause: error.cause })
}

/** The code that we give a reason of PayPal's: its own, but for what all rails have one word for. */
export function codeOf(issue: string): string {
  if (DISPUTED.has(issue)) return CHARGE_DISPUTED
  return SHORT.has(issue) ? BALANCE_INSUFFICIENT : issue
}

function refusal(error: ApiError): ProviderFailure {
  const { statusCode: status } = error
  const said = saidOf(error)
  const issue = said?.details?.find((detail) => detail.issue)?.issue ?? ''
  const known = [issue, said?.name ?? '']
  const code = codeOf(known.find((each) => SHORT.has(each)) ?? (issue || said?.name || ''))
  if (status === 429 || known.some((each) => BUSY.has(each))) {
    return failure('retry', code || 'busy', error)
  }
  if (known.some((each) => KEY_USED.has(each))) return failure('unknown', code, error)
  // Our own configuration: to be repaired by us, and then the same request will do.
  if (status === 401) return failure('retry', 'authentication', error)
  if (code === BALANCE_INSUFFICIENT) return failure('declined', code, error)
  if (status === 403 && said) return failure('retry', code, error)
  const refused = status >= 400 && status < 500 && status !== 408 && said !== undefined
  return failure(refused ? 'declined' : 'unknown', code || `http_${status}`, error)
}

function failure(kind: ProviderFailureKind, code: string, cause: unknown): ProviderFailure {
  const said = saidOf(cause)
  const reason = said?.details?.find((detail) => detail.description)?.description ?? said?.message
  const message = reason || (cause as Error)?.message || 'PayPal gave no reason.'
  const trace = said?.debug_id ? ` (debug id ${said.debug_id})` : ''
  return new ProviderFailure(kind, code, `${message}${trace}`, { cause })
}
