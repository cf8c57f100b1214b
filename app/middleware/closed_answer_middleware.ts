import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { isStopping } from '#start/stopping'
import { closeAnswer } from '#middleware/answer_headers'

/**
 * Every answer is closed, and kept by nobody, until its route says otherwise: what somebody forgets is refused
 * by browsers, and not allowed by them.
 */
export default class ClosedAnswerMiddleware {
  handle({ request, response }: HttpContext, next: NextFn) {
    closeAnswer(response.response, request.secure())
    response.header('cache-control', 'no-store')
    // The next request on it goes to another process.
    if (isStopping()) response.header('connection', 'close')
    return next()
  }
}
