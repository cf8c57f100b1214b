import type { HttpContext } from '@adonisjs/core/http'
import { errors as vineErrors } from '@vinejs/vine'
import { SECRETS } from '#console/typed_values'
import { Problem } from '#exceptions/problem'

/** What is said of a failure: as in a problem document, for people. */
interface Failure {
  status: number
  title: string
  detail: string
  request_id: string
}

/** Whether it belongs to the console, whose answers are pages and not problem documents. */
export function isConsole(ctx: HttpContext): boolean {
  const path = ctx.request.url()
  return (
    (path === '/console' || path.startsWith('/console/')) &&
    ctx.request.accepts(['html', 'json']) === 'html'
  )
}

/** Statuses of a form that can be sent again in another way, or when something else has changed. */
const FORM_MAY_BE_MENDED = new Set([401, 409, 422, 429, 503])

/**
 * Answers a failure as the console does: a form that was refused is shown again with what was typed and what
 * is wrong with it; anything else is a page that says what happened and what to do.
 */
export async function answerAsPage(
  error: unknown,
  failure: Failure,
  ctx: HttpContext
): Promise<void> {
  const { request, response, session } = ctx
  const isForm = request.method() === 'POST' && session?.initiated
  if (isForm && isOurs(error) && FORM_MAY_BE_MENDED.has(failure.status)) {
    if (error instanceof vineErrors.E_VALIDATION_ERROR) session.flashValidationErrors(error)
    else session.flash('refused', failure.detail)
    session.flashExcept(SECRETS)
    return response.redirect().status(303).back()
  }
  const state = {
    title: failure.title,
    detail: failure.detail,
    requestId: failure.request_id,
    todo: NEXT_STEPS[failure.status] ?? '',
  }
  response.status(failure.status).header('content-type', 'text/html; charset=utf-8')
  // It failed before there was a policy, and a page without scripts is enough then.
  if (!response.getHeader('content-security-policy')) {
    response.header(
      'content-security-policy',
      "default-src 'none'; style-src 'self'; img-src data:"
    )
  }
  response.send(await ctx.view.render('console/error', state))
}

const NEXT_STEPS: Record<number, string> = {
  401: 'Sign in again.',
  403: 'If you came from a form, go back, reload the page and send it again: it may be too old. Otherwise ask an administrator if your role should allow this.',
  404: 'Check the address, or search for the id above.',
  429: 'Wait a moment, then try again.',
  500: 'Nothing that was not confirmed has been done. Tell a developer the request id below.',
}

/** What was said by us of a form, and by nothing underneath. */
function isOurs(error: unknown): boolean {
  return error instanceof Problem || error instanceof vineErrors.E_VALIDATION_ERROR
}
