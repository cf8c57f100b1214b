import encryption from '@adonisjs/core/services/encryption'
import mail from '@adonisjs/mail/services/main'
import { defineJob } from '#jobs/queue'
import ErasedMail from '#mails/erased_mail'

/** Tells the address that an account had, which is written nowhere else any more, that it is gone. */
export default defineJob<{ to: string }>({
  name: 'mail_erased',
  async handle({ to }, { logger }) {
    const address = encryption.decrypt<string>(to)
    if (!address) return logger.warn('the mail about a deleted account is too late')
    await mail.send(new ErasedMail(address))
  },
})
