import type { HttpContext } from '@adonisjs/core/http'
import { listNotifications } from '#notifications/list_notifications'
import { markAllRead, markRead } from '#notifications/mark_read'
import { serialize } from '#transformers/serialize'
import NotificationTransformer from '#transformers/notification_transformer'
import { listNotificationsValidator, readAllValidator } from '#validators/notification'

export default class NotificationsController {
  async index({ auth, request }: HttpContext) {
    const query = await listNotificationsValidator.validate(request.qs())
    const { rows, meta } = await listNotifications(auth.getUserOrFail().id, query)
    return { ...(await serialize(NotificationTransformer.transform(rows))), meta }
  }

  async read({ auth, params }: HttpContext) {
    const notification = await markRead(auth.getUserOrFail().id, params.id)
    return serialize(NotificationTransformer.transform(notification))
  }

  async readAll({ auth, request }: HttpContext) {
    const { up_to_seq: upTo } = await request.validateUsing(readAllValidator)
    return { data: { marked: await markAllRead(auth.getUserOrFail().id, upTo) } }
  }
}
