import { BaseMail } from '@adonisjs/mail'
import type User from '#models/user'
import { frontendLink } from '#identity/links'
import { TOKEN_LIFETIME } from '#identity/single_use_tokens'

export default class ResetPasswordMail extends BaseMail {
  subject = 'Set a new password'

  constructor(
    private user: User,
    private token: string
  ) {
    super()
  }

  prepare() {
    const words = {
      name: this.user.displayName,
      link: frontendLink('/reset-password', this.token),
      lifetime: TOKEN_LIFETIME.reset_password,
    }
    this.message
      .to(this.user.email)
      .htmlView('emails/reset_password_html', words)
      .textView('emails/reset_password_text', words)
  }
}
