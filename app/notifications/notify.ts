import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { wordsOf, type NotificationData, type NotificationKind } from '#notifications/catalogue'

/** What PostgreSQL calls the news that somebody has a notification; the payload is the user's id. */
export const NOTIFICATION_MADE = 'notification_made'

export interface NewNotification<Kind extends NotificationKind = NotificationKind> {
  /** Who is told. */
  userId: string
  kind: Kind
  /** What the words are made of and what a frontend links to; see the catalogue. */
  data: NotificationData<Kind>
}

/**
 * Tells one user something, as part of `trx`; one who is erased is told nothing. Notifications of a user are numbered without gaps, so
 * a client that knows the last number it saw can ask for what it missed.
 *
 * Streams hear of it when `trx` commits, and not when it rolls back.
 *
 * The number comes from the user's row, which stays locked until `trx` ends. Notify after every
 * other lock is taken, and use `notifyAll` for more than one user, or two operations may wait for
 * each other.
 */
export async function notify<Kind extends NotificationKind>(
  trx: TransactionClientContract,
  notification: NewNotification<Kind>
): Promise<void> {
  const { userId, kind, data } = notification
  const { title, body } = wordsOf(kind, data)
  await trx.rawQuery(
    `WITH numbered AS (
       UPDATE users SET notification_seq = notification_seq + 1 WHERE id = ? AND erased_at IS NULL
       RETURNING id, notification_seq
     ),
     made AS (
       INSERT INTO notifications (user_id, seq, kind, title, body, data)
       SELECT id, notification_seq, ?, ?, ?, ?::jsonb FROM numbered
       RETURNING user_id
     )
     SELECT pg_notify(?, user_id::text) FROM made`,
    [userId, kind, title, body, JSON.stringify(data), NOTIFICATION_MADE]
  )
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
