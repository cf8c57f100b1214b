import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { Problem } from '#exceptions/problem'

const WITHOUT_BODY = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * What changes something says all of it in its body. The framework reads both as one input and lets the
 * query win: a link could then say another thing than the body that was signed for, a password could end
 * up in the log of every proxy, and another site's form could send it without being asked first.
 */
export default class RefuseQueryMiddleware {
  handle({ request }: HttpContext, next: NextFn) {
    if (!WITHOUT_BODY.has(request.method()) && Object.keys(request.qs()).length > 0) {
      throw new Problem(
        `${request.method()} requests take no query here. Send every field in the JSON body.`,
        { code: 'query_not_allowed', status: 400 }
      )
    }
    return next()
  }
}
