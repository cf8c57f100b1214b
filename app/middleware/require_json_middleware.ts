import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { Problem } from '#exceptions/problem'

/** Refuses a body that is not JSON; unread, it would look like a request without fields. */
export default class RequireJsonMiddleware {
  handle({ request }: HttpContext, next: NextFn) {
    // Clients announce an empty body as `Content-Length: 0`, and then name no type.
    const empty = request.header('content-length') === '0'
    if (request.hasBody() && !empty && !request.is(['application/json'])) {
      throw new Problem('Send the body as "Content-Type: application/json".', {
        code: 'unsupported_media_type',
        status: 415,
      })
    }
    const encoding = request.header('content-encoding')
    if (encoding && encoding !== 'identity') {
      throw new Problem('Send the body uncompressed.', {
        code: 'unsupported_media_type',
        status: 415,
      })
    }
    return next()
  }
}
