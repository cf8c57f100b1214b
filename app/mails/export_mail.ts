import { BaseMail } from '@adonisjs/mail'
import env from '#start/env'
import type DataExport from '#models/data_export'

export default class ExportMail extends BaseMail {
  subject = 'Your data is ready'

  /** @param ready with its `user` loaded */
  constructor(private ready: DataExport) {
    super()
  }

  prepare() {
    const { user, expiresAt, id } = this.ready
    const words = {
      name: user.displayName,
      // No token in it: who reads the mail has to sign in, too.
      link: new URL(`/exports/${id}`, env.get('FRONTEND_URL') ?? env.get('APP_URL')).href,
      until: expiresAt!.toUTC().toFormat('yyyy-MM-dd HH:mm'),
    }
    this.message
      .to(user.email)
      .htmlView('emails/export_html', words)
      .textView('emails/export_text', words)
  }
}
