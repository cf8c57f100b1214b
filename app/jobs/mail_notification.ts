import logger from '@adonisjs/core/services/logger'
import mail from '@adonisjs/mail/services/main'
import db from '@adonisjs/lucid/services/db'
import { Problem } from '#exceptions/problem'
import { defineJob } from '#jobs/queue'
import NotificationMail from '#mails/notification_mail'
import Notification from '#models/notification'
import User from '#models/user'
import { entryOf } from '#notifications/catalogue'
import { isOutdated } from '#notifications/mail/outdated'
import { wantsMail } from '#notifications/preferences'
import { ReceiptNotMade, receiptPdf, type ReceiptFile } from '#receipts/receipt_pdf'

/**
 * Mails a notification that its user has not read yet and that is still so, once; one with a receipt in any case, for that is to be
 * kept; of a thread, all that is unread, and nothing while an earlier mail about it is unread. Not to an address that is not verified: it may be somebody
 * else's, and that of an erased user is nobody's.
 *
 * What was mailed is marked after the mail server took it. A process that dies between the two mails it
 * again, under the same Message-ID, by which mail servers and readers tell a repetition.
 */
export const mailNotification = defineJob<{ notificationId: string }>({
  name: 'mail_notification',
  async handle({ notificationId }) {
    const notification = await Notification.find(notificationId)
    const entry = notification && entryOf(notification.kind)
    if (!entry || entry.email === 'never') return
    const told = entry.receipt ? [notification] : await unread(notification, entry.thread)
    if (told.length === 0 || told.some(({ mailedAt }) => mailedAt)) return
    if (await isOutdated(notification)) return

    const user = await User.find(notification.userId)
    if (!user?.isVerified || !(await wantsMail(user.id, entry.category))) return
    const receipt = entry.receipt && (await receiptOf(entry.receipt(notification.data), user))
    await mail.send(new NotificationMail(user, told, receipt))
    await db
      .from('notifications')
      .whereIn(
        'id',
        told.map(({ id }) => id)
      )
      .update({ mailed_at: db.raw('now()') })
  },
})

/**
 * Of what is not completed any more there is none, such as of a payout that came back meanwhile. One that
 * cannot be made must not keep the news of the money from whose it is.
 */
async function receiptOf(transactionId: string, user: User): Promise<ReceiptFile | undefined> {
  try {
    return await receiptPdf(transactionId, user)
  } catch (error) {
    if (error instanceof Problem) return undefined
    if (error instanceof ReceiptNotMade) {
      logger.error({ err: error, transactionId }, 'a mail goes without its receipt')
      return undefined
    }
    throw error
  }
}

/** What there is to mail, oldest first. */
async function unread(notification: Notification, thread?: string): Promise<Notification[]> {
  if (!thread) return notification.readAt ? [] : [notification]
  return Notification.query()
    .where({ user_id: notification.userId, kind: notification.kind })
    .whereNull('read_at')
    .whereRaw('data ->> ? = ?', [thread, notification.data[thread]])
    .orderBy('seq')
}
