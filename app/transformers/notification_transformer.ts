import { BaseTransformer } from '@adonisjs/core/transformers'
import type Notification from '#models/notification'
import { isoTime } from '#transformers/serialize'

export default class NotificationTransformer extends BaseTransformer<Notification> {
  toObject() {
    const notification = this.resource
    return {
      id: notification.id,
      seq: Number(notification.seq),
      kind: notification.kind,
      title: notification.title,
      body: notification.body,
      data: notification.data as Record<string, string | number | boolean>,
      read_at: isoTime(notification.readAt),
      created_at: isoTime(notification.createdAt),
    }
  }
}
