import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'

/** Names of the colour schemes that a browser may ask for; anything else follows the system. */
const SCHEMES = ['light', 'dark']

/**
 * What every page of the console has in common: nothing of it is kept by a cache or told to other sites, and
 * its colour scheme is the one that was chosen in this browser.
 */
export default class ConsolePageMiddleware {
  async handle({ request, response, view }: HttpContext, next: NextFn) {
    response.header('cache-control', 'no-store')
    response.header('referrer-policy', 'same-origin')
    response.header('cross-origin-opener-policy', 'same-origin')
    response.header('permissions-policy', 'camera=(), geolocation=(), microphone=()')
    const scheme = request.plainCookie('console_scheme', { encoded: false })
    view.share({
      scheme: SCHEMES.includes(scheme) ? scheme : undefined,
      here: request.url(true),
      path: request.url(),
    })
    return next()
  }
}
