import router from '@adonisjs/core/services/router'
import { generalLimits, limits } from '#start/limiter'
import { api, signedIn } from '#start/routes/groups'

const NotificationPreferences = () => import('#controllers/api/notification_preferences_controller')
const Notifications = () => import('#controllers/api/notifications_controller')
const Unsubscriptions = () => import('#controllers/api/unsubscriptions_controller')

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
    router
      .get('users/notification-preferences', [NotificationPreferences, 'show'])
      .as('notification_preferences.show')
      .use(limits.list)
    router
      .put('users/notification-preferences', [NotificationPreferences, 'update'])
      .as('notification_preferences.update')
      .use(limits.write)
  })
})

/** Mail programs post a form that says nothing new, and neither sign in nor speak JSON. */
router
  .group(() => {
    router.get('unsubscribe', [Unsubscriptions, 'show']).as('show').use(limits.page)
    router.post('unsubscribe', [Unsubscriptions, 'store']).as('store').use(limits.page)
  })
  .prefix('/api/notifications')
  .as('unsubscriptions')
  .use(generalLimits.perIp)
