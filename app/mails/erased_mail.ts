import { BaseMail } from '@adonisjs/mail'

export default class ErasedMail extends BaseMail {
  subject = 'Your account was deleted'

  constructor(private address: string) {
    super()
  }

  prepare() {
    this.message
      .to(this.address)
      .htmlView('emails/erased_html', {})
      .textView('emails/erased_text', {})
  }
}
