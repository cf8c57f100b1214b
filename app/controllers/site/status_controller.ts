import type { HttpContext } from '@adonisjs/core/http'
import { answerOf, sendAnswer } from '#site/answer'
import { keptFor } from '#site/kept_for'
import { pageNamed } from '#site/pages'
import { renderView } from '#site/render_page'
import { status } from '#site/status'
import { HTML } from '#controllers/site/pages_controller'

const SECONDS = 5

/** Anybody may ask as often as they like: it is made once in five seconds. */
export const statusPage = keptFor(SECONDS, async () =>
  answerOf(await renderView(pageNamed('status'), { status: await status() }))
)

export default class StatusController {
  async show(ctx: HttpContext) {
    sendAnswer(ctx, await statusPage(), { type: HTML, seconds: SECONDS })
  }
}
