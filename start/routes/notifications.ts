import router from '@adonisjs/core/services/router'
import { api, signedIn } from '#start/routes/groups'

const Notifications = () => import('#controllers/api/notifications_controller')

api(() => {
  signedIn(() => {
    router.get('notifications', [Notifications, 'index']).as('notifications.index')
    router.put('notifications/:id/read', [Notifications, 'read']).as('notifications.read')
    router.post('notifications/read-all', [Notifications, 'readAll']).as('notifications.read_all')
  })
})
