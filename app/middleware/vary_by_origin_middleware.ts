import { corsOrigins } from '#config/cors'
import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'

/**
 * Keeps caches from handing one frontend the answer that another one was allowed to read; the CORS
 * middleware does not. Also for a request without an origin: its answer may be cached, too.
 */
export default class VaryByOriginMiddleware {
  handle({ response }: HttpContext, next: NextFn) {
    if (corsOrigins.length > 0) response.vary('Origin')
    return next()
  }
}
