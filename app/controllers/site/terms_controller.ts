import type { HttpContext } from '@adonisjs/core/http'
import { pageNamed } from '#site/pages'
import { renderedPage } from '#site/render_page'
import { assertTermsInForce } from '#site/terms_in_force'
import { HTML, SECONDS } from '#controllers/site/pages_controller'
import { sendAnswer } from '#site/answer'

export default class TermsController {
  /** The terms in force; `?version=` asks for certain ones, as the API's links to them do. */
  async show(ctx: HttpContext) {
    await assertTermsInForce(ctx.request.qs().version)
    sendAnswer(ctx, await renderedPage(pageNamed('terms')), { type: HTML, seconds: SECONDS })
  }
}
