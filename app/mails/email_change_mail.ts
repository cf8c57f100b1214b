import { BaseMail } from '@adonisjs/mail'
import type User from '#models/user'
import { EMAIL_CHANGE_LIFETIME } from '#identity/email_change_lifetime'
import { frontendLink } from '#identity/links'

/** One of the two mails of a change of address: to the old one, or to the new one. */
export default class EmailChangeMail extends BaseMail {
  constructor(
    private user: User,
    private change: { side: 'old' | 'new'; token: string; from: string; to: string }
  ) {
    super()
  }

  prepare() {
    const { side, token, from, to } = this.change
    const words = {
      title: side === 'old' ? 'Confirm that your address changes' : 'Confirm your new address',
      name: this.user.displayName,
      side,
      from,
      to,
      link: frontendLink('/confirm-email-change', token),
      lifetime: EMAIL_CHANGE_LIFETIME,
    }
    this.message
      .to(side === 'old' ? from : to)
      .subject(words.title)
      .htmlView('emails/email_change_html', words)
      .textView('emails/email_change_text', words)
  }
}
