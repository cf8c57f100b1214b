import router from '@adonisjs/core/services/router'
import { middleware } from '#start/kernel'
import { limits } from '#start/limiter'
import { PAGES } from '#site/pages'

const Consents = () => import('#controllers/site/consents_controller')
const Pages = () => import('#controllers/site/pages_controller')
const SiteFiles = () => import('#controllers/site/site_files_controller')
const Status = () => import('#controllers/site/status_controller')
const Terms = () => import('#controllers/site/terms_controller')
const Vitals = () => import('#controllers/site/vitals_controller')

/** What anybody may see. No session, no database for who only reads; names begin with `site.`. */
router
  .group(() => {
    const own = { status: Status, cookies: Consents, terms: Terms } as const
    for (const { name, path } of PAGES) {
      const controller = name in own ? own[name as keyof typeof own] : Pages
      router
        .get(path, [controller as typeof Pages, 'show'])
        .as(name)
        .use(middleware.page())
    }
    router.get('offline', [SiteFiles, 'offline']).as('offline').use(middleware.page())
    router.get('sw.js', [SiteFiles, 'serviceWorker']).as('service_worker').use(middleware.page())

    router.get('robots.txt', [SiteFiles, 'robots']).as('robots')
    router.get('sitemap.xml', [SiteFiles, 'sitemap']).as('sitemap')
    router.get('site.webmanifest', [SiteFiles, 'manifest']).as('manifest')
    router.get('favicon.ico', [SiteFiles, 'favicon']).as('favicon')
    router.get('apple-touch-icon.png', [SiteFiles, 'appleTouchIcon']).as('apple_touch_icon')

    router
      .post('cookies', [Consents, 'store'])
      .as('consent')
      .use([middleware.noQuery(), middleware.body()])
    router
      .post('site/vitals', [Vitals, 'store'])
      .as('vitals')
      .use([middleware.noQuery(), middleware.json(), middleware.body(), middleware.parsedBody()])
  })
  .as('site')
  .use(limits.page)
