import router from '@adonisjs/core/services/router'
import { limits } from '#start/limiter'
import { api, signedIn } from '#start/routes/groups'

const Erasures = () => import('#controllers/api/erasures_controller')
const Exports = () => import('#controllers/api/exports_controller')

api(() => {
  signedIn(() => {
    router.post('users/export', [Exports, 'store']).as('exports.store').use(limits.export)
    router.get('users/exports', [Exports, 'index']).as('exports.index').use(limits.list)
    router
      .get('users/exports/:id/download', [Exports, 'download'])
      .as('exports.download')
      .use(limits.download)
    router
      .delete('users/profile', [Erasures, 'store'])
      .as('profile.destroy')
      .use(limits.credentials)
  })
})
