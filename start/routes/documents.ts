import router from '@adonisjs/core/services/router'

const Documents = () => import('#controllers/site/documents_controller')

router.get('openapi.json', [Documents, 'openapi']).as('documents.openapi')
