import type { HttpContext } from '@adonisjs/core/http'
import { openAsPage } from '#middleware/answer_headers'
import { renderFailure } from '#site/render_page'
import { OTHER_TERMS } from '#site/terms_in_force'

/** What programs call, whose failures are problem documents whoever asks. */
const FOR_PROGRAMS = /^\/(api|console|files|avatars|health|__transmit)(\/|$)|^\/openapi\.json$/

/** Whether somebody with a browser has asked for a page of ours, or for one that there is not. */
export function isForPeople({ request }: HttpContext): boolean {
  // What takes anything is no browser: it gets the problem document.
  return !FOR_PROGRAMS.test(request.url()) && request.accepts(['json', 'html']) === 'html'
}

interface Failure {
  status: number
  code: string
  title: string
  detail: string
  request_id: string
}

/**
 * Answers a failure with a page that says what happened and where to go on. It may fail itself, such as where nothing
 * was built; the caller has another answer then.
 */
export async function answerForPeople(failure: Failure, ctx: HttpContext): Promise<void> {
  const page = await renderFailure({ ...wordsFor(failure), requestId: failure.request_id })
  openAsPage(ctx, { scripts: false })
  ctx.response.status(failure.status).header('content-type', 'text/html; charset=utf-8').send(page)
}

interface Words {
  title: string
  detail: string
  /** Where to go on first; without it, to the start page. */
  first?: { path: string; label: string }
}

function wordsFor({ status, code, title, detail }: Failure): Words {
  if (code === OTHER_TERMS) {
    const first = { path: '/terms', label: 'Terms in force' }
    return { title: 'These terms are not in force', detail, first }
  }
  if (status === 404) {
    return {
      title: 'There is no such page',
      detail: 'The address may be mistyped, or the page has moved. Begin at one of these:',
    }
  }
  return { title, detail }
}
