import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { SCHEME_COOKIE } from '#console/scheme_cookie'
import { openAsConsolePage } from '#middleware/answer_headers'

/** Names of the colour schemes that a browser may ask for; anything else follows the system. */
const SCHEMES = ['light', 'dark']

/**
 * What every page of the console has in common: its headers, and the colour scheme that was chosen in this
 * browser.
 */
export default class ConsolePageMiddleware {
  async handle(ctx: HttpContext, next: NextFn) {
    const { request, view } = ctx
    openAsConsolePage(ctx)
    const scheme = request.plainCookie(SCHEME_COOKIE, { encoded: false })
    view.share({
      scheme: SCHEMES.includes(scheme) ? scheme : undefined,
      here: request.url(true),
      path: request.url(),
    })
    return next()
  }
}
