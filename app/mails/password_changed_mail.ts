import { BaseMail } from '@adonisjs/mail'
import type User from '#models/user'

export default class PasswordChangedMail extends BaseMail {
  subject = 'Your password was changed'

  constructor(private user: User) {
    super()
  }

  prepare() {
    const words = { name: this.user.displayName }
    this.message
      .to(this.user.email)
      .htmlView('emails/password_changed_html', words)
      .textView('emails/password_changed_text', words)
  }
}
