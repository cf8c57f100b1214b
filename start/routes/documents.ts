import router from '@adonisjs/core/services/router'
import { middleware } from '#start/kernel'
import { limits } from '#start/limiter'

const Documents = () => import('#controllers/site/documents_controller')

router.get('openapi.json', [Documents, 'openapi']).as('documents.openapi').use(limits.page)
router
  .get('docs', [Documents, 'page'])
  .as('documents.page')
  .use([limits.page, middleware.page({ scripts: false })])
router.get('docs/style.css', [Documents, 'style']).as('documents.style').use(limits.page)
router.get('problems/:code', [Documents, 'problem']).as('documents.problem').use(limits.page)
