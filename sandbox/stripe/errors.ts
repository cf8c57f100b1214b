/** The body of Stripe's error answer, below `error`. */
export interface ErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  code?: string
  message: string
  param?: string
  decline_code?: string
  charge?: string
  payment_intent?: unknown
  payment_method?: unknown
  doc_url?: string
  request_log_url?: string
}

/**
 * A refusal in Stripe's own shape. `stored` says whether an idempotency key remembers it: Stripe
 * stores what the endpoint itself answered, but not what failed validation before it ran.
 */
export class StripeFailure extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
    readonly stored: boolean
  ) {
    super(body.message)
  }
}

/** The endpoint ran and refused (400): an idempotency key replays it. */
export function refuse(code: string, message: string, param?: string): StripeFailure {
  return failure(400, { type: 'invalid_request_error', code, message, param }, true)
}

/** The parameters are wrong (400): nothing ran and nothing is stored. */
export function invalidParam(
  code: string | undefined,
  message: string,
  param?: string
): StripeFailure {
  return failure(400, { type: 'invalid_request_error', code, message, param }, false)
}

/** There is no such object for this account (404). */
export function missing(noun: string, id: string, param = 'id'): StripeFailure {
  const message = `No such ${noun}: '${id}'`
  return failure(
    404,
    { type: 'invalid_request_error', code: 'resource_missing', message, param },
    false
  )
}

/** Any other status in Stripe's shape. Fields without a value are left out. */
export function failure(status: number, body: ErrorBody, stored: boolean): StripeFailure {
  const clean = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
  if (body.code) clean.doc_url = `https://stripe.com/docs/error-codes/${dashed(body.code)}`
  return new StripeFailure(status, clean as unknown as ErrorBody, stored)
}

function dashed(code: string): string {
  return code.replaceAll('_', '-')
}
