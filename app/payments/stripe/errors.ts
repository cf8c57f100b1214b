import Stripe from 'stripe'
import { ProviderFailure, type ProviderFailureKind } from '#payments/provider'

/** The connection was never made, so nothing was sent. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** Stripe had other work on the same object or too much of it; nothing was done. */
const BUSY = new Set(['rate_limit', 'lock_timeout', 'idempotency_key_in_use'])

/** The key was used for something else: a defect of ours, and no proof that nothing happened. */
export const KEY_MISMATCH = 'idempotency_key_mismatch'

/**
 * What an error of the SDK says about the effect of the call (https://docs.stripe.com/error-low-level).
 *
 * Only what Stripe itself refused is `declined`. Whatever leaves room for an effect is `unknown`: time-outs
 * and lost connections, every 5xx (Stripe: treat as indeterminate), and answers that we cannot read.
 */
export function failureOf(error: unknown): ProviderFailure {
  if (error instanceof ProviderFailure) return error
  if (!(error instanceof Stripe.errors.StripeError)) {
    return failure('unknown', 'malformed_answer', error)
  }
  if (error instanceof Stripe.errors.StripeConnectionError) return connectionFailure(error)
  const { code = '', statusCode = 0 } = error
  if (statusCode === 429 || statusCode === 409 || BUSY.has(code)) {
    return failure('retry', code || 'busy', error)
  }
  if (error instanceof Stripe.errors.StripeIdempotencyError) {
    return failure('unknown', KEY_MISMATCH, error)
  }
  // Our own configuration: to be repaired by us, and then the same request will do.
  if (error instanceof Stripe.errors.StripeAuthenticationError) {
    return failure('retry', code || 'authentication', error)
  }
  if (error instanceof Stripe.errors.StripePermissionError) {
    const foreign = code === 'account_invalid'
    return failure(foreign ? 'declined' : 'retry', code || 'permission', error)
  }
  if (error instanceof Stripe.errors.StripeCardError) {
    return failure('declined', code || 'card_declined', error)
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError && error.rawType !== 'api_error') {
    return failure('declined', code || 'invalid_request', error)
  }
  const status = statusCode ? `http_${statusCode}` : 'malformed_answer'
  return failure('unknown', code || status, error)
}

/** Something answered, but not with what we asked for. */
export function malformedAnswer(expected: string): ProviderFailure {
  return new ProviderFailure(
    'unknown',
    'malformed_answer',
    `Stripe's answer is not the ${expected} that was asked for.`
  )
}

/** What a failure is worth that came from reading: no refusal there proves anything. */
export function asUnknown(error: unknown): unknown {
  if (!(error instanceof ProviderFailure) || error.kind !== 'declined') return error
  return new ProviderFailure('unknown', error.code, error.message, { cause: error.cause })
}

function connectionFailure(error: InstanceType<typeof Stripe.errors.StripeConnectionError>) {
  const cause = (error.detail ?? {}) as { code?: string }
  if (/timeout/i.test(error.message)) return failure('unknown', 'timeout', error)
  // After the SDK's own repetition the last error says nothing about the first request.
  const repeated = /was retried/.test(error.message)
  const sent = repeated || !NEVER_SENT.has(cause.code ?? '')
  return failure(sent ? 'unknown' : 'retry', 'connection', error)
}

function failure(kind: ProviderFailureKind, code: string, cause: unknown): ProviderFailure {
  const { message = '', headers } = cause as { message?: string; headers?: Record<string, string> }
  return new ProviderFailure(kind, code, message || 'Stripe gave no reason.', {
    cause,
    replayed: headers?.['idempotent-replayed'] === 'true',
  })
}
