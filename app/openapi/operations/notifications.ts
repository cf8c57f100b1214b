import { data, page, redirect, type Operations } from '#openapi/operation'
import {
  listNotificationsValidator,
  notificationPreferencesValidator,
  readAllValidator,
  unsubscribeValidator,
} from '#validators/notification'

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
  'GET /api/users/notification-preferences': {
    summary: 'Show which mails you get',
    tag: 'Notifications',
    who: 'signed in',
    answers: { 200: data('NotificationPreferences', 'By category.') },
  },
  'PUT /api/users/notification-preferences': {
    summary: 'Choose which mails you get',
    description:
      'By category; what is left out stays. Notifications within the app and mails about security cannot be switched off.',
    tag: 'Notifications',
    who: 'signed in',
    body: notificationPreferencesValidator,
    answers: { 200: data('NotificationPreferences', 'As it is now.') },
  },
  'GET /api/notifications/unsubscribe': {
    summary: 'Follow the unsubscribe link of a mail',
    description:
      'Leads to the frontend’s `/notifications/unsubscribe#token=…`, which asks and then posts. Changes nothing.',
    tag: 'Notifications',
    who: 'anyone',
    query: unsubscribeValidator,
    answers: { 302: redirect('To the frontend.') },
    problems: ['too_many_requests'],
  },
  'POST /api/notifications/unsubscribe': {
    summary: 'Unsubscribe from mails of a kind',
    description:
      'With the `token` of the link, in the query; a body is ignored. Mail programs do it by themselves (RFC 8058).',
    tag: 'Notifications',
    who: 'anyone',
    query: unsubscribeValidator,
    answers: { 200: data('Unsubscribed', 'Which mails do not come any more.') },
    problems: ['too_many_requests'],
  },
}
