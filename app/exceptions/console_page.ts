import type { HttpContext } from '@adonisjs/core/http'
import { errors as shieldErrors } from '@adonisjs/shield'
import { errors as vineErrors } from '@vinejs/vine'
import { pageOfForm } from '#console/safe_path'
import { SECRETS } from '#console/typed_values'
import { Problem, type FieldError } from '#exceptions/problem'
import { openAsPage } from '#middleware/answer_headers'

/** What is said of a failure: as in a problem document, for people. */
interface Failure {
  status: number
  title: string
  detail: string
  code: string
  request_id: string
  /** Seconds. */
  retry_after?: number
  errors?: FieldError[]
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
  if (isForm && isTooOld(error)) {
    const page = pageOfForm(request)
    // Only to a page of ours: what another site filled in is not shown in a form of ours.
    if (page) {
      session.flash('refused', TOO_OLD)
      session.flashExcept(SECRETS)
      return response.redirect().status(303).toPath(page)
    }
  }
  if (isForm && isOurs(error) && FORM_MAY_BE_MENDED.has(failure.status)) {
    flashRefusal(ctx, failure)
    return response.redirect().status(303).back()
  }
  response.status(failure.status).header('content-type', 'text/html; charset=utf-8')
  // It failed before shield wrote its policy, and a page without scripts is enough then.
  if (!response.nonce) openAsPage(ctx, { scripts: false })
  response.send(await ctx.view.render('console/error', wordsFor(error, failure, ctx)))
}

/** What may belong to somebody else in the API may not here: staff see everything. */
function forStaff(detail: string): string {
  return detail.replace(', or it is not yours to see', '')
}

/** At its field each, and above the form, since a field may be one that is not seen. */
function flashRefusal({ session }: HttpContext, { code, detail, errors = [] }: Failure): void {
  const byField: Record<string, string[]> = {}
  for (const { field, message } of errors) (byField[field] ??= []).push(message)
  session.flash('inputErrorsBag', byField)
  const messages = new Set(errors.map(({ message }) => message))
  session.flash(
    'refused',
    code === 'validation_failed' && messages.size > 0
      ? `Nothing has been done. ${[...messages].join(' ')}`
      : forStaff(detail)
  )
  session.flashExcept(SECRETS)
}

const TOO_OLD =
  'Nothing has been done: the page was open for too long, or you have signed in anew since. Look at the form again, and send it.'

/** What happened, and what to do. */
function wordsFor(error: unknown, failure: Failure, ctx: HttpContext) {
  const { request } = ctx
  const { status, errors = [] } = failure
  const words = {
    title: failure.title,
    detail: forStaff(failure.detail),
    errors,
    todo: NEXT_STEPS[status] ?? '',
    requestId: failure.request_id,
    back: pageBefore(ctx),
  }
  if (isTooOld(error)) {
    return {
      ...words,
      title: 'This form was not taken',
      detail:
        'The page that it is from was open for too long, or is none of ours. Nothing has been done.',
      todo: 'Open the page again, and send the form from there. It carries a CSRF token, which belongs to your sign-in.',
    }
  }
  if (status === 403 && failure.code === 'forbidden') {
    const role = ctx.staff.user?.role
    const who = role ? `You are ${role}. ` : ''
    return { ...words, todo: `${who}Ask one of them to do it, or an admin for another role.` }
  }
  if (status === 422 && request.method() === 'GET') {
    return {
      ...words,
      title: 'The page cannot be shown like this',
      detail: 'Its address says something that it does not take:',
      todo: 'Correct that in the address, or begin without filters.',
      back: { href: request.url(), label: 'The page without filters' },
    }
  }
  if (status === 429) return { ...words, todo: whenToRetry(failure.retry_after) }
  return words
}

const NEXT_STEPS: Record<number, string> = {
  401: 'Sign in again.',
  404: 'Check the address, or search for the id above.',
  409: 'Somebody, or a job, was faster. Open the page again, and look at what it is now.',
  422: 'Go back, and correct it.',
  500: 'Nothing that was not confirmed has been done. Try it once more; if it stays, tell a developer the request id below.',
  502: 'Try again in a minute; if it stays, tell a developer the request id below.',
  503: 'Try again in a minute; if it stays, tell a developer the request id below.',
}

function whenToRetry(seconds = 60): string {
  const at = new Date(Date.now() + seconds * 1000).toISOString().slice(11, 19)
  return seconds < 120
    ? `Try again in ${seconds} second${seconds === 1 ? '' : 's'}, at ${at} UTC.`
    : `Try again in ${Math.ceil(seconds / 60)} minutes, at ${at} UTC.`
}

function pageBefore({ request }: HttpContext) {
  const page = request.method() === 'GET' ? undefined : pageOfForm(request)
  return page && { href: page, label: 'Back to the page' }
}

function isTooOld(error: unknown): boolean {
  return error instanceof shieldErrors.E_BAD_CSRF_TOKEN
}

/** What was said by us of a form, and by nothing underneath. */
function isOurs(error: unknown): boolean {
  return error instanceof Problem || error instanceof vineErrors.E_VALIDATION_ERROR
}
