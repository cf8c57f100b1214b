import router from '@adonisjs/core/services/router'
import { api, signedIn } from '#start/routes/groups'

const Dashboards = () => import('#controllers/api/dashboards_controller')

/** What people read and file: overviews, receipts and statements. */
api(() => {
  signedIn(() => {
    router.get('users/dashboard', [Dashboards, 'show']).as('dashboard.show')
  })
})
