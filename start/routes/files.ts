import router from '@adonisjs/core/services/router'
import { FILES_ROUTE } from '#config/drive'
import { limits } from '#start/limiter'
import { api, signedIn, uploads } from '#start/routes/groups'

const Avatars = () => import('#controllers/api/avatars_controller')
const Deliverables = () => import('#controllers/api/deliverables_controller')
const Files = () => import('#controllers/files_controller')
const Pictures = () => import('#controllers/avatars_controller')

uploads(() => {
  signedIn(() => {
    router.post('users/upload-avatar', [Avatars, 'store']).as('avatars.store').use(limits.upload)
    router
      .post('milestones/:id/deliverables', [Deliverables, 'store'])
      .as('deliverables.store')
      .use(limits.upload)
  })
})

api(() => {
  signedIn(() => {
    router.delete('users/avatar', [Avatars, 'destroy']).as('avatars.destroy').use(limits.write)
    router
      .get('milestones/:id/deliverables', [Deliverables, 'index'])
      .as('deliverables.index')
      .use(limits.list)
    router
      .get('deliverables/:id/download', [Deliverables, 'download'])
      .as('deliverables.download')
      .use(limits.download)
    router
      .delete('deliverables/:id', [Deliverables, 'destroy'])
      .as('deliverables.destroy')
      .use(limits.write)
  })
})

/** Whom the signature lets in needs no token: browsers send none with a link, or for a picture. */
router.get(FILES_ROUTE, [Files, 'show']).as('files.show').use(limits.download)
router
  .get('/avatars/:name', [Pictures, 'show'])
  .where('name', /^[0-9a-f]{32}\.webp$/)
  .as('pictures.show')
  .use(limits.download)
