import router from '@adonisjs/core/services/router'
import { limits } from '#start/limiter'
import { api, signedIn } from '#start/routes/groups'

const Notifications = () => import('#controllers/api/notifications_controller')

api(() => {
  signedIn(() => {
    router.get('notifications', [Notifications, 'index']).as('notifications.index').use(limits.list)
    router
      .put('notifications/:id/read', [Notifications, 'read'])
      .as('notifications.read')
      .use(limits.write)
    router
      .post('notifications/read-all', [Notifications, 'readAll'])
      .as('notifications.read_all')
      .use(limits.write)
  })
})
