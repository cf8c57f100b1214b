import type { HttpContext } from '@adonisjs/core/http'
import { forbidden } from '#exceptions/problem'
import { choiceOf, isRefused } from '#site/consent'
import { assertFromOurPages } from '#site/from_our_pages'
import { recordVitals } from '#site/web_vitals'
import { vitalsValidator } from '#validators/site'

export default class VitalsController {
  /**
   * How fast a page was, from somebody who has agreed to that, and does not have their browser
   * refuse it (Global Privacy Control). Nothing is kept but the figures, and who sends
   * them is not noted anywhere.
   */
  async store(ctx: HttpContext) {
    assertFromOurPages(ctx)
    if (isRefused(ctx) || choiceOf(ctx) !== 'measure')
      throw forbidden('Nothing is measured without consent.')
    const { page, measured } = await ctx.request.validateUsing(vitalsValidator)
    recordVitals(page, measured)
    return ctx.response.noContent()
  }
}
