import router from '@adonisjs/core/services/router'
import { middleware } from '#start/kernel'
import { limits } from '#start/limiter'
import { consolePages, staffOnly } from '#start/routes/groups'

const Assets = () => import('#controllers/console/assets_controller')
const Missing = () => import('#controllers/console/missing_controller')
const Settings = () => import('#controllers/console/settings_controller')

/** Built styles and scripts. The only route that looks for files, so that no other pays for it. */
router.get('assets/*', [Assets, 'show']).as('assets').use([limits.console, middleware.assets()])

consolePages(() => {
  staffOnly(() => {
    router.get('settings', [Settings, 'index']).use(middleware.may({ action: 'console.read' }))
    router.get('settings/:name', [Settings, 'show']).use(middleware.may({ action: 'console.read' }))
    router
      .post('settings/:name', [Settings, 'store'])
      .use(middleware.may({ action: 'settings.change' }))

    // Last: what is not above is not there, and is said so inside the frame.
    router.get('*', [Missing, 'show']).use(middleware.may({ action: 'console.read' }))
  })
})
