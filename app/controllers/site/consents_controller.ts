import type { HttpContext } from '@adonisjs/core/http'
import { choiceOf, CONSENT_DAYS, isRefused, keepChoice } from '#site/consent'
import { everyCookie } from '#site/cookies'
import { assertFromOurPages } from '#site/from_our_pages'
import { pageNamed } from '#site/pages'
import { renderView } from '#site/render_page'
import { consentValidator } from '#validators/site'
import { HTML } from '#controllers/site/pages_controller'

export default class ConsentsController {
  /** The one page that says something about who looks: nobody may keep it for others. */
  async show(ctx: HttpContext) {
    const choice = choiceOf(ctx)
    const { saved } = ctx.request.qs()
    const shown = {
      choice,
      saved: saved === '1' && choice !== undefined,
      refused: isRefused(ctx),
      keptDays: CONSENT_DAYS,
      cookies: everyCookie(),
    }
    ctx.response.header('cache-control', 'private, no-cache')
    ctx.response.header('content-type', HTML)
    return renderView(pageNamed('cookies'), shown)
  }

  /** By a form, or by the script of the banner, which stays where it is. */
  async store(ctx: HttpContext) {
    assertFromOurPages(ctx)
    const { choice } = await ctx.request.validateUsing(consentValidator)
    keepChoice(ctx, choice)
    if (ctx.request.accepts(['html', 'json']) === 'json') return ctx.response.noContent()
    return ctx.response.redirect().status(303).toPath('/cookies?saved=1')
  }
}
