import { randomUUID } from 'node:crypto'
import { errors as vineErrors } from '@vinejs/vine'
import { errors as authErrors } from '@adonisjs/auth'
import { errors as bouncerErrors } from '@adonisjs/bouncer'
import { errors as lucidErrors } from '@adonisjs/lucid'
import { ExceptionHandler, type HttpContext } from '@adonisjs/core/http'
import router from '@adonisjs/core/services/router'
import { appUrl } from '#config/app'
import { answerAsPage, isConsole } from '#exceptions/console_page'
import { Problem, type FieldError } from '#exceptions/problem'
import { answerForPeople, isForPeople } from '#exceptions/site_page'
import { USER_IS_ERASED } from '#identity/erased'
import { noteRefusal } from '#telemetry/security_events'

interface ProblemDocument {
  type: string
  title: string
  status: number
  detail: string
  code: string
  request_id: string
  /** Seconds, also sent as `Retry-After`. */
  retry_after?: number
  errors?: FieldError[]
  [extra: string]: unknown
}

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict with the current state',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Not acceptable as given',
  429: 'Too many requests',
  502: 'The payment provider did not answer as expected',
  503: 'Not available right now',
}

/** What the body parser throws, by its code. */
const UNREADABLE: Record<string, readonly [status: number, code: string, detail: string]> = {
  E_REQUEST_ENTITY_TOO_LARGE: [413, 'too_large', 'The body is larger than one megabyte.'],
  E_ENCODING_UNSUPPORTED: [415, 'unsupported_media_type', 'Send the body as UTF-8.'],
}

/** PostgreSQL refuses what no column can hold (a NUL in text, a year 300000): the caller's doing. */
const UNSTORABLE = new Set(['22021', '22P05', '22P02', '22003', '22007', '22008'])

/**
 * Every failure leaves as `application/problem+json` (RFC 9457). What the caller cannot act on is a
 * 500 that tells nothing but the request id under which the log has the rest.
 */
export default class HttpExceptionHandler extends ExceptionHandler {
  protected debug = false
  protected ignoreStatuses = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429]
  protected ignoreCodes = [...UNSTORABLE, USER_IS_ERASED]

  async handle(error: any, ctx: HttpContext) {
    const cause = error?.code === 'E_ROUTE_NOT_FOUND' ? noRoute(ctx) : error
    const problem = this.#describe(cause, ctx.request.id() ?? randomUUID())
    noteRefusal(ctx, problem)
    if (problem.status === 401) ctx.response.header('www-authenticate', 'Bearer')
    if (problem.retry_after !== undefined) {
      ctx.response.header('retry-after', String(problem.retry_after))
    }
    ctx.response.header('cache-control', 'no-store')
    if (isConsole(ctx)) return answerAsPage(cause, problem, ctx)
    if (isForPeople(ctx)) {
      try {
        return await answerForPeople(problem, ctx)
      } catch (failure) {
        ctx.logger.error({ err: failure }, 'no page for a failure')
      }
    }
    ctx.response
      .status(problem.status)
      .header('content-type', 'application/problem+json')
      .send(JSON.stringify(problem))
  }

  #describe(error: any, requestId: string): ProblemDocument {
    const answer = (
      status: number,
      code: string,
      detail: string,
      more: Record<string, unknown> = {}
    ): ProblemDocument => ({
      type: `${appUrl.replace(/\/$/, '')}/problems/${code}`,
      title: TITLES[status] ?? (status >= 500 ? 'Something went wrong on our side' : 'Refused'),
      status,
      detail,
      code,
      ...more,
      request_id: requestId,
    })

    if (error instanceof Problem) {
      return answer(error.status, error.code ?? 'error', error.message, {
        ...error.extra,
        ...(error.errors && { errors: error.errors }),
      })
    }
    if (error instanceof vineErrors.E_VALIDATION_ERROR) {
      const errors = error.messages.map(({ field, rule, message }: FieldError) => ({
        field,
        rule,
        message,
      }))
      return answer(422, 'validation_failed', 'Some fields are not acceptable; see errors.', {
        errors,
      })
    }
    // The account was deleted while this request was under way.
    if (error instanceof authErrors.E_UNAUTHORIZED_ACCESS || error?.code === USER_IS_ERASED) {
      return answer(
        401,
        'unauthenticated',
        'Send a valid access token as "Authorization: Bearer …".'
      )
    }
    if (error instanceof bouncerErrors.E_AUTHORIZATION_FAILURE) {
      const message = error.response?.message
      return answer(403, 'forbidden', message ?? 'Your role in this project does not allow this.')
    }
    if (error instanceof lucidErrors.E_ROW_NOT_FOUND) {
      return answer(404, 'not_found', 'There is no such record, or it is not yours to see.')
    }
    if (UNSTORABLE.has(error?.code)) {
      return answer(
        422,
        'validation_failed',
        'A value of the request cannot be stored, such as text with a NUL character.'
      )
    }
    const unreadable = UNREADABLE[error?.code ?? '']
    if (unreadable) return answer(...unreadable)
    if (error?.status >= 400 && error?.status < 500) {
      return answer(error.status, 'bad_request', error.message ?? 'The request could not be read.')
    }
    return answer(
      500,
      'internal_error',
      'Something went wrong on our side. Nothing that was not confirmed has been done; the request id finds it in our logs.'
    )
  }
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** 405 with `Allow` where other methods have an endpoint, else 404. */
function noRoute({ request, response }: HttpContext): Problem {
  const allowed = METHODS.filter((method) => router.match(request.url(), method, false))
  if (allowed.length === 0) {
    return new Problem('There is no such endpoint. Check the path.', {
      code: 'route_not_found',
      status: 404,
    })
  }
  response.header('allow', allowed.join(', '))
  return new Problem(`This endpoint takes ${allowed.join(', ')} only.`, {
    code: 'method_not_allowed',
    status: 405,
  })
}
