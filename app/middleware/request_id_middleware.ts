import logger from '@adonisjs/core/services/logger'
import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { spanOfRequest } from '#telemetry/span_of_request'
import { inScope } from '#telemetry/scope'
import { findCardNumber } from '#validators/card_number'

const ACCEPTABLE = /^[\w.:-]{1,128}$/

/**
 * A caller's `X-Request-Id` goes into the log, every problem and the answer's header: what could not
 * be an id there is replaced by one of ours. Whatever is logged from here on carries it, and so do the
 * jobs that the request causes.
 */
export default class RequestIdMiddleware {
  handle(ctx: HttpContext, next: NextFn) {
    const sent = ctx.request.id() ?? ''
    if (!ACCEPTABLE.test(sent) || findCardNumber(sent)) {
      delete ctx.request.request.headers['x-request-id']
    }
    const id = ctx.request.id()!
    // Every line gets the id from the scope: the framework's own child would say it twice.
    ctx.logger = logger
    return inScope({ request_id: id }, () => spanOfRequest(ctx, id, next))
  }
}
