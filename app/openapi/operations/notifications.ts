import { data, page, type Operations } from '#openapi/operation'
import { listNotificationsValidator, readAllValidator } from '#validators/notification'

const unread = { unread_count: { type: 'integer', description: 'How many are unread in all.' } }

export const notificationOperations: Operations = {
  'GET /api/notifications': {
    summary: 'List notifications',
    description:
      'Newest first. With a `seq` in `after`, oldest first from there on: what a client that was away has missed.',
    tag: 'Notifications',
    who: 'signed in',
    query: listNotificationsValidator,
    answers: { 200: page('Notification', 'A page of notifications.', unread) },
  },
  'PUT /api/notifications/:id/read': {
    summary: 'Mark a notification as read',
    tag: 'Notifications',
    who: 'signed in',
    answers: { 200: data('Notification', 'The notification.') },
  },
  'POST /api/notifications/read-all': {
    summary: 'Mark all notifications as read',
    description: 'Up to `up_to_seq`, the last one that was shown; what came since stays unread.',
    tag: 'Notifications',
    who: 'signed in',
    body: readAllValidator,
    bodyOptional: true,
    answers: { 200: data('MarkedRead', 'How many became read.') },
  },
}
