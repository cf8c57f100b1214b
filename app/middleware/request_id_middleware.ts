import logger from '@adonisjs/core/services/logger'
import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'

const ACCEPTABLE = /^[\w.:-]{1,128}$/

/**
 * A caller's `X-Request-Id` goes into the log, every problem and the answer's header: what could not
 * be an id there is replaced by one of ours.
 */
export default class RequestIdMiddleware {
  handle(ctx: HttpContext, next: NextFn) {
    if (!ACCEPTABLE.test(ctx.request.id() ?? '')) {
      delete ctx.request.request.headers['x-request-id']
      ctx.logger = logger.child({ request_id: ctx.request.id() })
    }
    return next()
  }
}
