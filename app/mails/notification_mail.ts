import env from '#start/env'
import { BaseMail } from '@adonisjs/mail'
import { appUrl } from '#config/app'
import { frontendLink } from '#identity/links'
import type Notification from '#models/notification'
import type User from '#models/user'
import { entryOf } from '#notifications/catalogue'
import { unsubscribeToken } from '#notifications/mail/unsubscribe'
import { isOptional } from '#notifications/preferences'
import type { ReceiptFile } from '#receipts/receipt_pdf'

/** One notification, or several of one thread, oldest first, of a kind that the catalogue knows. */
export default class NotificationMail extends BaseMail {
  constructor(
    private user: User,
    private told: Notification[],
    private receipt?: ReceiptFile
  ) {
    super()
  }

  prepare() {
    const last = this.told.at(-1)!
    const entry = entryOf(last.kind)!
    const { title, body } =
      this.told.length > 1 && entry.many ? entry.many(last.data, this.told.length) : last
    const frontend = env.get('FRONTEND_URL') ?? env.get('APP_URL')
    const token = isOptional(entry.category)
      ? unsubscribeToken(this.user.id, entry.category)
      : undefined
    const words = {
      name: this.user.displayName,
      title,
      body,
      link: new URL(entry.page(last.data), frontend).href,
      preferences: new URL('/settings/notifications', frontend).href,
      unsubscribe: token && frontendLink('/notifications/unsubscribe', token),
    }
    this.message
      .to(this.user.email)
      .subject(title)
      .messageId(`<notification-${last.id}@${new URL(appUrl).hostname}>`)
      // Nobody's holiday reply is wanted (RFC 3834).
      .header('Auto-Submitted', 'auto-generated')
      .htmlView('emails/notification_html', words)
      .textView('emails/notification_text', words)
    if (this.receipt) {
      const { bytes, filename, contentType } = this.receipt
      this.message.attachData(bytes, { filename, contentType })
    }
    if (token) {
      const url = new URL('/api/notifications/unsubscribe', appUrl)
      url.searchParams.set('token', token)
      this.message.listUnsubscribe(url.href, { oneClick: true })
    }
  }
}
