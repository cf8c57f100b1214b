import { Exception } from '@adonisjs/core/exceptions'

/** One field of a request that was refused, as it appears in `errors` of a 422 answer. */
export interface FieldError {
  field: string
  rule: string
  message: string
}

export interface ProblemOptions {
  /** Stable, documented, machine-readable: `wrong_state`, `proposal_required`, ... */
  code: string
  status: number
  /**
   * Members that help the caller to go on, merged into the answer: `current_status`, `minimum`, ... Of
   * these, `retry_after` (seconds) is also sent as the header `Retry-After`.
   */
  extra?: Record<string, unknown>
  errors?: FieldError[]
  cause?: unknown
}

/**
 * A failure that the caller can understand and act on. The exception handler turns it into an
 * `application/problem+json` answer (RFC 9457); everything else becomes a 500 without details.
 *
 * The message is the `detail` of that answer: say what was wrong and what to do.
 */
export class Problem extends Exception {
  extra: Record<string, unknown>
  errors?: FieldError[]

  constructor(message: string, options: ProblemOptions) {
    super(message, { code: options.code, status: options.status, cause: options.cause })
    this.extra = options.extra ?? {}
    this.errors = options.errors
  }
}

/** 404: there is no such record, or the caller may not know of it. */
export function notFound(what: string): Problem {
  return new Problem(`There is no such ${what}, or it is not yours to see.`, {
    code: 'not_found',
    status: 404,
  })
}

/** 403: the caller may see the record but not do this with it. */
export function forbidden(detail: string, code = 'forbidden'): Problem {
  return new Problem(detail, { code, status: 403 })
}

/** 409: the record is in a state that does not allow this. The answer names the state it is in. */
export function wrongState(
  detail: string,
  current: string,
  options: { code?: string; extra?: Record<string, unknown> } = {}
): Problem {
  return new Problem(detail, {
    code: options.code ?? 'wrong_state',
    status: 409,
    extra: { current_status: current, ...options.extra },
  })
}

/** 422 for one field, by a rule that only the data can decide. */
export function unprocessable(field: string, rule: string, message: string): Problem {
  return new Problem(message, {
    code: 'validation_failed',
    status: 422,
    errors: [{ field, rule, message }],
  })
}
