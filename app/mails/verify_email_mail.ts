import { BaseMail } from '@adonisjs/mail'
import type User from '#models/user'
import { frontendLink } from '#identity/links'
import { TOKEN_LIFETIME } from '#identity/single_use_tokens'

export default class VerifyEmailMail extends BaseMail {
  subject = 'Verify your e-mail address'

  constructor(
    private user: User,
    private token: string
  ) {
    super()
  }

  prepare() {
    const words = {
      name: this.user.displayName,
      link: frontendLink('/verify-email', this.token),
      lifetime: TOKEN_LIFETIME.verify_email,
    }
    this.message
      .to(this.user.email)
      .htmlView('emails/verify_email_html', words)
      .textView('emails/verify_email_text', words)
  }
}
