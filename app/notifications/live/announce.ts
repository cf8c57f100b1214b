import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract } from '@adonisjs/lucid/types/database'

/** What PostgreSQL calls the news that somebody has a notification; the payload is the user's id. */
export const NOTIFICATION_MADE = 'notification_made'

/** Who has news that no process was told of yet. */
const waiting = new Set<string>()
let sending: Promise<void> | undefined

/**
 * Tells every web process that a user has news, when `trx` has committed, and not when it rolls back.
 *
 * `NOTIFY` would do that by itself, but PostgreSQL lets transactions that notify commit only one after the
 * other, and every one that moves money does: with 32 writers that left a third of the throughput. So
 * this says it afterwards, for all who have news by then in one statement. A process that dies in between
 * loses the word and not the notification: each ping of a stream compares the numbers.
 */
export function announce(trx: TransactionClientContract, userId: string): void {
  trx.after('commit', () => {
    waiting.add(userId)
    sending ??= send()
  })
}

async function send(): Promise<void> {
  do {
    const userIds = [...waiting]
    waiting.clear()
    await db
      .rawQuery('SELECT pg_notify(?, user_id) FROM unnest(?::text[]) AS user_id', [
        NOTIFICATION_MADE,
        userIds,
      ])
      .catch((error) => logger.warn({ err: error }, 'live notifications: the next ping tells them'))
  } while (waiting.size > 0)
  // In the same turn as the look at who waits, or somebody would wait for nobody.
  sending = undefined
}
