import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { openAsPage } from '#middleware/answer_headers'

/** For a page that anybody may see, without session and forms: its policy, and what goes with it. */
export default class PageMiddleware {
  handle(ctx: HttpContext, next: NextFn, options: { scripts?: boolean } = {}) {
    openAsPage(ctx, options)
    return next()
  }
}
