import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { USER_TYPES } from '#models/user'
import { entryOf, type NotificationData, type NotificationKind } from '#notifications/catalogue'
import { announce } from '#notifications/live/announce'
import { enqueueMail } from '#notifications/mail/enqueue_mail'

export interface NewNotification<Kind extends NotificationKind = NotificationKind> {
  /** Who is told. */
  userId: string
  kind: Kind
  /** What the words are made of and what a frontend links to; see the catalogue. */
  data: NotificationData<Kind>
}

/**
 * Tells one user something, as part of `trx`. Notifications of a user are numbered without gaps, so
 * a client that knows the last number it saw can ask for what it missed.
 *
 * Streams hear of it when `trx` commits, and not when it rolls back; a mail, where the catalogue and the
 * user want one, is a job of `trx`.
 *
 * The number comes from the user's row, which stays locked until `trx` ends. Notify after every
 * other lock is taken, and use `notifyAll` for more than one user, or two operations may wait for
 * each other.
 *
 * Nobody is told what the catalogue does not have for their kind of user. That is a mistake in the code
 * and throws, but not in production, where money must not stop for it.
 */
export async function notify<Kind extends NotificationKind>(
  trx: TransactionClientContract,
  notification: NewNotification<Kind>
): Promise<void> {
  const { userId, kind, data } = notification
  const entry = entryOf(kind)
  const { title, body } = entry.words(data)
  const { rows } = await trx.rawQuery(
    `WITH numbered AS (
       UPDATE users SET notification_seq = notification_seq + 1
        WHERE id = ? AND user_type = ANY(?) AND erased_at IS NULL
       RETURNING id, notification_seq
     ),
     made AS (
       INSERT INTO notifications (user_id, seq, kind, title, body, data)
       SELECT id, notification_seq, ?, ?, ?, ?::jsonb FROM numbered
       RETURNING id
     )
     SELECT id FROM made`,
    [
      userId,
      entry.to === 'both' ? [...USER_TYPES] : [entry.to],
      kind,
      title,
      body,
      JSON.stringify(data),
    ]
  )
  if (rows.length === 0) {
    if (await isErased(trx, userId)) return
    return refuse(userId, kind, entry.to)
  }
  announce(trx, userId)
  await enqueueMail(trx, { id: rows[0].id, userId, kind, data })
}

/** Tells several users, locking their rows in the one order that everybody uses: by id. */
export async function notifyAll(
  trx: TransactionClientContract,
  notifications: NewNotification[]
): Promise<void> {
  const ordered = notifications.toSorted((a, b) =>
    a.userId < b.userId ? -1 : a.userId > b.userId ? 1 : 0
  )
  for (const notification of ordered) await notify(trx, notification)
}

/** The books go on, such as with a payout that comes back; there is nobody to be told. */
async function isErased(trx: TransactionClientContract, userId: string): Promise<boolean> {
  const user = await trx.from('users').where('id', userId).whereNotNull('erased_at').first()
  return user !== null
}

function refuse(userId: string, kind: string, to: string): void {
  const mistake = `"${kind}" is for ${to}, which user ${userId} is not: nobody was told.`
  if (!app.inProduction) throw new Error(mistake)
  logger.error({ userId, kind }, mistake)
}
