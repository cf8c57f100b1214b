import Notification from '#models/notification'
import { unprocessable } from '#exceptions/problem'

export interface NotificationQuery {
  /** 1 to 100, default 20. */
  limit?: number
  /** A sequence number, to be told what came after it; or the cursor of an earlier page. */
  after?: string
  unread?: boolean
}

export interface NotificationPage {
  rows: Notification[]
  meta: { next_cursor: string | null; has_more: boolean; unread_count: number }
}

/**
 * A user's notifications: newest first, to be looked at; or, with a sequence number in `after`, oldest
 * first from there, to catch up. Numbers have no gaps and appear in their order, so a client that
 * continues from the last one it saw misses nothing.
 *
 * @throws Problem 422 when `after` is neither a number nor a cursor of this list
 */
export async function listNotifications(
  userId: string,
  { limit = 20, after, unread }: NotificationQuery
): Promise<NotificationPage> {
  const position = after === undefined ? { catchingUp: false, seq: null } : readPosition(after)
  const query = Notification.query()
    .where('user_id', userId)
    .orderBy('seq', position.catchingUp ? 'asc' : 'desc')
    .limit(limit + 1)
  if (position.seq !== null) query.where('seq', position.catchingUp ? '>' : '<', position.seq)
  if (unread !== undefined)
    query.where((q) => (unread ? q.whereNull('read_at') : q.whereNotNull('read_at')))

  const [read, unreadCount] = await Promise.all([query, countUnread(userId)])
  const hasMore = read.length > limit
  const rows = hasMore ? read.slice(0, limit) : read
  const last = rows.at(-1)
  return {
    rows,
    meta: {
      next_cursor: hasMore && last ? cursorAfter(last.seq, position.catchingUp) : null,
      has_more: hasMore,
      unread_count: unreadCount,
    },
  }
}

async function countUnread(userId: string): Promise<number> {
  const counted = await Notification.query()
    .where('user_id', userId)
    .whereNull('read_at')
    .count('*', 'total')
    .first()
  return Number(counted!.$extras.total)
}

/** Both go into `after`: a plain number goes forward, this goes back. */
function cursorAfter(seq: bigint, catchingUp: boolean): string {
  return catchingUp ? seq.toString() : Buffer.from(`before:${seq}`).toString('base64url')
}

function readPosition(after: string): { catchingUp: boolean; seq: string } {
  if (/^\d{1,18}$/.test(after)) return { catchingUp: true, seq: after }
  const decoded = /^before:(\d{1,18})$/.exec(Buffer.from(after, 'base64url').toString())
  if (!decoded) {
    throw unprocessable(
      'after',
      'cursor',
      'Give the sequence number of the last notification you know, or the cursor of a page.'
    )
  }
  return { catchingUp: false, seq: decoded[1] }
}
