import { validate as isUuid } from 'uuid'
import db from '@adonisjs/lucid/services/db'
import { notFound } from '#exceptions/problem'
import Notification from '#models/notification'

/**
 * Marks one of the user's notifications as read; the first time counts.
 *
 * @throws Problem 404 when it is not theirs
 */
export async function markRead(userId: string, id: string): Promise<Notification> {
  if (!isUuid(id)) throw notFound('notification')
  await db
    .from('notifications')
    .where({ id, user_id: userId })
    .whereNull('read_at')
    .update({ read_at: db.raw('now()') })
  const notification = await Notification.query().where({ id, user_id: userId }).first()
  if (!notification) throw notFound('notification')
  return notification
}

/**
 * Marks all of the user's notifications as read, or those up to a sequence number: what the user has
 * not seen yet stays unread.
 *
 * @returns how many were unread
 */
export async function markAllRead(userId: string, upTo?: number): Promise<number> {
  const query = db.from('notifications').where('user_id', userId).whereNull('read_at')
  if (upTo !== undefined) query.where('seq', '<=', upTo)
  return Number(await query.update({ read_at: db.raw('now()') }))
}
