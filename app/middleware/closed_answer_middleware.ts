import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { isStopping } from '#start/stopping'
import { cameByHttps } from '#middleware/came_by_https'
import { closeAnswer, forgetWhoAsked, mayBeShared } from '#middleware/answer_headers'

/**
 * Every answer is closed, and kept by nobody, until its route says otherwise: what somebody forgets is refused
 * by browsers, and not allowed by them. One that caches hand to others says nothing of who asked first.
 */
export default class ClosedAnswerMiddleware {
  async handle({ request, response }: HttpContext, next: NextFn) {
    closeAnswer(response.response, cameByHttps(request) === true)
    response.header('cache-control', 'no-store')
    // The next request on it goes to another process.
    if (isStopping()) response.header('connection', 'close')
    await next()
    if (mayBeShared(response)) forgetWhoAsked(response)
  }
}
