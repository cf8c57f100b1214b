import type { HttpContext } from '@adonisjs/core/http'
import { sendAnswer } from '#site/answer'
import { PAGES } from '#site/pages'
import { renderedPage } from '#site/render_page'

export const HTML = 'text/html; charset=utf-8'

/** Seconds after which somebody who comes back asks whether a page has changed. */
export const SECONDS = 60

export default class PagesController {
  /** A page that is the same for everybody. Its route has its path. */
  async show(ctx: HttpContext) {
    const page = PAGES.find(({ path }) => path === ctx.route!.pattern)!
    sendAnswer(ctx, await renderedPage(page), { type: HTML, seconds: SECONDS })
  }
}
