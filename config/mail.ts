import env from '#start/env'
import app from '@adonisjs/core/services/app'
import { defineConfig, transports } from '@adonisjs/mail'
import type { InferMailers } from '@adonisjs/mail/types'
import { FileTransport } from '#notifications/file_transport'

const user = env.get('SMTP_USERNAME')

const mailConfig = defineConfig({
  default: env.get('MAIL_TRANSPORT'),
  from: env.get('MAIL_FROM'),
  mailers: {
    smtp: transports.smtp({
      host: env.get('SMTP_HOST') ?? 'localhost',
      port: env.get('SMTP_PORT'),
      ...(user && {
        auth: { type: 'login', user, pass: env.get('SMTP_PASSWORD')?.release() ?? '' },
      }),
    }),
    file: () => new FileTransport(env.get('MAIL_DIR') ?? app.tmpPath('mail')),
  },
})

export default mailConfig

declare module '@adonisjs/mail/types' {
  export interface MailersList extends InferMailers<typeof mailConfig> {}
}
