import { appUrl, isHttps } from '#config/app'
import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { Problem } from '#exceptions/problem'
import { cameByHttps } from '#middleware/came_by_https'

/** Asked by programs, which follow redirects without a word. */
const FOR_PROGRAMS = /^\/+(api|__transmit|openapi\.json)(\/|$)/i

/** Asked by the platform from beside us, by no proxy's way. */
const PROBES = /^\/health(\/|$)/

/**
 * Lets in nothing that has travelled in the clear, where `APP_URL` is https. Only a trusted proxy can know: it
 * says so by `X-Forwarded-Proto`. Who looks at a page is led to its safe address, which is ours and not that of
 * the caller's `Host`. Whatever else is refused and not led on (OWASP ASVS 5.0, 4.1.2): a program that sends
 * its token in the clear each time would never be noticed.
 */
export default class HttpsMiddleware {
  handle({ request, response }: HttpContext, next: NextFn) {
    const path = request.url()
    if (!isHttps || cameByHttps(request) !== false || PROBES.test(path)) return next()
    const looks = request.method() === 'GET' || request.method() === 'HEAD'
    if (looks && !FOR_PROGRAMS.test(path) && !request.header('authorization')) {
      return response.status(308).header('location', safeAddress(request)).send('')
    }
    throw new Problem(
      'This address is used by HTTPS only. What was sent has travelled in the clear: take a token or a password in it for known to others, and replace it.',
      { code: 'https_required', status: 403 }
    )
  }
}

/** The same path and query, as they came, at our own address. */
function safeAddress(request: HttpContext['request']): string {
  const { origin } = new URL(appUrl)
  const asked = URL.parse(request.request.url ?? '/', origin)
  return origin + (asked?.pathname ?? '/') + (asked?.search ?? '')
}
