import router from '@adonisjs/core/services/router'
import { FILES_ROUTE } from '#config/drive'

const Files = () => import('#controllers/files_controller')

/** Whom the signature lets in needs no token: browsers send none with a link. */
router.get(FILES_ROUTE, [Files, 'show']).as('files.show')
