import type { HttpContext } from '@adonisjs/core/http'
import logger from '@adonisjs/core/services/logger'

/** What whoever looks for an attack wants to count. Every line has a `security` member, and ids of ours only. */
type SecurityEvent = 'signed_in' | 'refused' | 'too_many'

/**
 * Writes down that somebody got in, or did not. Nothing about a person: where they came from is in the access log
 * of the proxy, under the same request id.
 */
export function noteSecurity(event: SecurityEvent, about: Record<string, unknown>): void {
  logger.info({ security: event, ...about }, 'security')
}

/** Wrong passwords and codes of who is signed in already are fields of a 422. */
const WRONG_CREDENTIALS = ['wrong_password', 'valid_code']

interface Refusal {
  status: number
  code: string
  errors?: { rule: string }[]
}

/** Writes a refusal down that is about who asks: not signed in, not allowed, a wrong secret, too often. */
export function noteRefusal(ctx: HttpContext, { status, code, errors }: Refusal): void {
  const wrong = errors?.find(({ rule }) => WRONG_CREDENTIALS.includes(rule))
  if (![401, 403, 429].includes(status) && !wrong) return
  noteSecurity(status === 429 ? 'too_many' : 'refused', {
    status,
    code: wrong?.rule ?? code,
    method: ctx.request.method(),
    route: ctx.route?.pattern,
    user: ctx.auth?.user?.id,
    staff: ctx.staff?.user?.id,
  })
}
