import mail from '@adonisjs/mail/services/main'
import { defineJob } from '#jobs/queue'
import ExportMail from '#mails/export_mail'
import DataExport from '#models/data_export'

/** Tells a user that their export can be fetched, while it can. */
export default defineJob<{ exportId: string }>({
  name: 'mail_export',
  async handle({ exportId }) {
    const ready = await DataExport.query()
      .where('id', exportId)
      .where('state', 'ready')
      .preload('user')
      .first()
    if (ready) await mail.send(new ExportMail(ready))
  },
})
