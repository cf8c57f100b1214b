import mail from '@adonisjs/mail/services/main'
import { defineJob } from '#jobs/queue'
import SecurityNoticeMail, { type SecurityNotice } from '#mails/security_notice_mail'
import User from '#models/user'

interface Payload {
  userId: string
  notice: SecurityNotice
  /** Default: the user's address. */
  to?: string
  /** What the notice is about, in words, where its text asks for it. */
  detail?: string
}

export default defineJob<Payload>({
  name: 'mail_security_notice',
  async handle({ userId, notice, ...more }) {
    const user = await User.find(userId)
    if (user && !user.erasedAt) await mail.send(new SecurityNoticeMail(user, notice, more))
  },
})
