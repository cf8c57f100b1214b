import type { HttpContext } from '@adonisjs/core/http'
import { notFound } from '#exceptions/problem'
import { answerOf, sendAnswer } from '#site/answer'
import { builtFile, readBuilt, serviceWorker } from '#site/build'
import { facts } from '#site/facts'
import { siteOwner } from '#site/owner'
import { renderOffline } from '#site/render_page'
import { robots, sitemap, webManifest } from '#site/site_files'
import { HTML } from '#controllers/site/pages_controller'

const HOUR = 3600
const DAY = 24 * HOUR

/** What browsers and search engines look for at addresses of their own choosing. */
export default class SiteFilesController {
  async robots(ctx: HttpContext) {
    const text = robots(siteOwner().url)
    sendAnswer(ctx, answerOf(text), { type: 'text/plain; charset=utf-8', seconds: HOUR })
  }

  async sitemap(ctx: HttpContext) {
    const { changedAt } = await facts()
    const text = sitemap(siteOwner().url, changedAt)
    sendAnswer(ctx, answerOf(text), { type: 'application/xml; charset=utf-8', seconds: HOUR })
  }

  async manifest(ctx: HttpContext) {
    const text = JSON.stringify(webManifest(builtFile))
    sendAnswer(ctx, answerOf(text), { type: 'application/manifest+json', seconds: HOUR })
  }

  /** Asked for again on every visit, so that a browser never keeps an old one. */
  async serviceWorker(ctx: HttpContext) {
    const code = await serviceWorker()
    if (!code) throw notFound('service worker')
    sendAnswer(ctx, answerOf(code), { type: 'text/javascript; charset=utf-8', seconds: 0 })
  }

  async offline(ctx: HttpContext) {
    sendAnswer(ctx, answerOf(await renderOffline()), { type: HTML, seconds: 0 })
  }

  async favicon({ response }: HttpContext) {
    response.header('cache-control', `public, max-age=${DAY}`)
    return response.header('content-type', 'image/x-icon').send(await readBuilt('favicon'))
  }

  async appleTouchIcon({ response }: HttpContext) {
    response.header('cache-control', `public, max-age=${DAY}`)
    return response.header('content-type', 'image/png').send(await readBuilt('appleTouchIcon'))
  }
}
