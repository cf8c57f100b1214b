import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { enqueue } from '#jobs/queue'
import { mailNotification } from '#jobs/mail_notification'
import { entryOf, type NotificationKind } from '#notifications/catalogue'

/** Seconds. Who is looking at SafeSend reads it there meanwhile, and needs no mail. */
const UNTIL_MAILED = 60

/** Seconds in which messages of one thread gather for one mail. */
const UNTIL_THREAD_MAILED = 300

interface Made {
  /** Of the notification. */
  id: string
  userId: string
  kind: NotificationKind
  data: object
}

/**
 * Lets a job mail what somebody was told just now, unless it is never mailed. Whether they want it, have
 * read it, or can be mailed at all, the job looks at when it runs.
 */
export async function enqueueMail(
  trx: TransactionClientContract,
  { id, userId, kind, data }: Made
): Promise<void> {
  const { email, thread } = entryOf(kind)
  if (email === 'never') return
  const job = { notificationId: id }
  if (email === 'always') await enqueue(trx, mailNotification, job, { priority: 1 })
  else if (!thread) await enqueue(trx, mailNotification, job, { startAfter: UNTIL_MAILED })
  else {
    const about = (data as Record<string, unknown>)[thread]
    await enqueue(trx, mailNotification, job, {
      startAfter: UNTIL_THREAD_MAILED,
      singletonKey: `${userId} ${kind} ${about}`,
    })
  }
}
