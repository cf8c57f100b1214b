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
      body: this.receipt ? `${body} The receipt is attached.` : body,
      link: new URL(entry.page(last.data), frontend).href,
      preferences: new URL('/settings/notifications', frontend).href,
      unsubscribe: token && frontendLink('/notifications/unsubscribe', token),
    }
    this.message
      .to(this.user.email)
      .subject(subjectOf(title, last.data))
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

/** Longer ones are cut off by mail programs, and by us where it does least harm. */
const MOST_IN_SUBJECT = { title: 70, project: 60 }

/** What happened, how much it is about, in which project: a mailbox shows nothing else. On one line. */
function subjectOf(title: string, data: unknown): string {
  const { amount, currency, project_title: project } = data as Record<string, string | undefined>
  const words = [short(title, MOST_IN_SUBJECT.title)]
  if (amount && currency) words.push(`: ${amount} ${currency}`)
  if (project && !title.includes(project)) {
    words.push(` (${short(project, MOST_IN_SUBJECT.project)})`)
  }
  return words.join('')
}

function short(text: string, most: number): string {
  const characters = [...text.replaceAll(/[\s\p{C}]+/gu, ' ').trim()]
  if (characters.length <= most) return characters.join('')
  return `${characters
    .slice(0, most - 1)
    .join('')
    .trimEnd()}…`
}
