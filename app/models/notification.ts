import { NotificationSchema } from '#database/schema'
import { column } from '@adonisjs/lucid/orm'
import type { NotificationKind } from '#notifications/catalogue'

export default class Notification extends NotificationSchema {
  @column()
  declare kind: NotificationKind
}
