import router from '@adonisjs/core/services/router'
import { limits } from '#start/limiter'

const Documents = () => import('#controllers/site/documents_controller')

router.get('openapi.json', [Documents, 'openapi']).as('documents.openapi').use(limits.page)
