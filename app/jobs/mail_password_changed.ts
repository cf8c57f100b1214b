import mail from '@adonisjs/mail/services/main'
import { defineJob } from '#jobs/queue'
import PasswordChangedMail from '#mails/password_changed_mail'
import User from '#models/user'

export default defineJob<{ userId: string }>({
  name: 'mail_password_changed',
  async handle({ userId }) {
    const user = await User.find(userId)
    if (user && !user.erasedAt) await mail.send(new PasswordChangedMail(user))
  },
})
