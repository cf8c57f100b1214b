import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import mail from '@adonisjs/mail/services/main'
import { SMTPTransport } from '@adonisjs/mail/transports/smtp'
import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { smtpOptions, type SmtpSettings } from '#config/mail'

export interface Received {
  to: string[]
  raw: string
  parsed: ParsedMail
}

export interface MailServer {
  port: number
  received: Received[]
  /** Who has signed in, with which password, and whether the connection was encrypted. */
  logins: { username?: string | null; password?: string | null; secure: boolean }[]
}

type Cleanup = (undo: () => void | Promise<void>) => void

/** A mail server that speaks SMTP and keeps what it gets. */
export async function startMailServer(
  cleanup: Cleanup,
  options: SMTPServerOptions = {},
  port = 0
): Promise<MailServer> {
  const received: Received[] = []
  const logins: MailServer['logins'] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth({ username, password }, session, done) {
      logins.push({ username, password, secure: session.secure })
      done(null, { user: username })
    },
    async onData(stream, session, done) {
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk)
      const raw = Buffer.concat(chunks).toString('latin1')
      const to = session.envelope.rcptTo.map(({ address }) => address)
      received.push({ to, raw, parsed: await simpleParser(Buffer.concat(chunks)) })
      done()
    },
    ...options,
  })
  server.on('error', () => {})
  const listener = server.listen(port, '127.0.0.1')
  await once(listener, 'listening')
  cleanup(() => new Promise<void>((resolve) => server.close(resolve)))
  return { port: (listener.address() as AddressInfo).port, received, logins }
}

/** Sends mail as production does, until the test is over. */
export function sendBySmtp(cleanup: Cleanup, settings: SmtpSettings, tls?: object): void {
  const { config } = mail
  const before = { default: config.default, smtp: config.mailers.smtp }
  const options = { ...smtpOptions({ host: '127.0.0.1', ...settings }), ...(tls && { tls }) }
  config.default = 'smtp'
  config.mailers.smtp = () => new SMTPTransport(options)
  cleanup(async () => {
    config.default = before.default
    config.mailers.smtp = before.smtp
    await mail.close('smtp')
  })
}
