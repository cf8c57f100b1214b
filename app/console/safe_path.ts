import type { HttpRequest } from '@adonisjs/core/http'

/**
 * A place of the console that somebody wants to go on to, as a form or an address says it. Anything else, such
 * as another site in its many spellings, is `fallback`.
 *
 * @returns path and query
 */
export function safePath(wanted: unknown, fallback = '/console'): string {
  if (typeof wanted !== 'string' || !/^\/console(?:[/?]|$)/.test(wanted)) return fallback
  // As browsers read it: they drop line breaks, and take a backslash for a slash.
  const here = 'http://here.invalid'
  const url = URL.canParse(wanted, here) ? new URL(wanted, here) : undefined
  if (url?.origin !== here || !/^\/console(?:\/|$)/.test(url.pathname)) return fallback
  return url.pathname + url.search
}

/** The page of ours that a form was sent from, as the browser says; nothing if it says another, or none. */
export function pageOfForm(request: HttpRequest): string | undefined {
  const referer = request.header('referer') ?? ''
  const url = URL.canParse(referer) ? new URL(referer) : undefined
  if (!url || url.host !== request.host()) return undefined
  return safePath(url.pathname + url.search, '') || undefined
}
