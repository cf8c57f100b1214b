import env from '#start/env'
import app from '@adonisjs/core/services/app'
import { defineConfig, transports } from '@adonisjs/mail'
import type { InferMailers } from '@adonisjs/mail/types'
import { FileTransport } from '#notifications/file_transport'

export interface SmtpSettings {
  host?: string
  port?: number
  username?: string
  password?: string
  /** `implicit`: encrypted from the first byte on. `starttls`: not without. `opportunistic`: if it can be. */
  tls?: 'implicit' | 'starttls' | 'opportunistic'
}

/**
 * How to reach the mail server. Credentials go over an encrypted connection only, and only to a server
 * whose certificate is valid, unless `tls` says otherwise.
 */
export function smtpOptions({ host = 'localhost', port, username, password, tls }: SmtpSettings) {
  const usual = port === 465 ? 'implicit' : username ? 'starttls' : 'opportunistic'
  const mode = tls ?? usual
  return {
    host,
    port: port ?? (mode === 'implicit' ? 465 : 587),
    secure: mode === 'implicit',
    requireTLS: mode === 'starttls',
    // A job that waits longer than this waits for nothing; it is tried again.
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 60_000,
    ...(username && { auth: { type: 'login' as const, user: username, pass: password ?? '' } }),
  }
}

const mailConfig = defineConfig({
  default: env.get('MAIL_TRANSPORT'),
  from: env.get('MAIL_FROM'),
  mailers: {
    smtp: transports.smtp(
      smtpOptions({
        host: env.get('SMTP_HOST'),
        port: env.get('SMTP_PORT'),
        username: env.get('SMTP_USERNAME'),
        password: env.get('SMTP_PASSWORD')?.release(),
        tls: env.get('SMTP_TLS'),
      })
    ),
    file: () => new FileTransport(env.get('MAIL_DIR') ?? app.tmpPath('mail')),
  },
})

export default mailConfig

declare module '@adonisjs/mail/types' {
  export interface MailersList extends InferMailers<typeof mailConfig> {}
}
