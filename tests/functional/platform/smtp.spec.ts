import mail from '@adonisjs/mail/services/main'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { smtpOptions, type SmtpSettings } from '#config/mail'
import { newKeyPair } from '#sandbox/paypal/certificate'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain } from '#tests/support/jobs'
import { sendBySmtp, startMailServer } from '#tests/support/mail_server'
import { aProject } from '#tests/support/projects'
import { aUser, PASSWORD } from '#tests/support/users'
import { freePort } from '../../../bin/surroundings/ports.js'

const forgetPassword = (email: string) => api().post('auth/reset-password', { email })

const waiting = async () => {
  const { rows } = await db.rawQuery(
    "SELECT state, retry_count FROM pgboss.job WHERE name = 'mail_link' AND state <> 'completed'"
  )
  return rows as { state: string; retry_count: number }[]
}

/** A name that is hard on headers, on HTML and on anything but UTF-8. */
const NAME = 'Łukasz "Ö" <b>Ко</b> & 李'

test.group('Mail by SMTP', (group) => {
  group.each.setup(resetAll)

  test('arrives whole: from and to whom, in text and HTML, with any name in it', async ({
    assert,
    cleanup,
  }) => {
    const server = await startMailServer(cleanup)
    sendBySmtp(cleanup, { port: server.port })
    const user = await aUser({ firstName: NAME })
    await forgetPassword(user.email)
    await drain()
    assert.lengthOf(server.received, 1)
    const [{ to, parsed }] = server.received
    assert.deepEqual(to, [user.email])
    assert.equal(parsed.from?.value[0].address, 'escrow@safesend.test')
    assert.equal(parsed.from?.value[0].name, 'SafeSend')
    assert.equal(parsed.subject, 'Set a new password')
    assert.include(parsed.text!, `Hello ${NAME}`)
    assert.include(parsed.html || '', 'Łukasz &quot;Ö&quot; &lt;b&gt;Ко&lt;/b&gt; &amp; 李')
    const link = /https?:\S+#token=[\w-]{43}/.exec(parsed.text!)?.[0]
    assert.isString(link)
    assert.include(parsed.html || '', `href="${link}"`)

    const token = new URLSearchParams(new URL(link!).hash.slice(1)).get('token')
    const reset = await api().post('auth/reset-password', { token, password: `${PASSWORD} two` })
    assert.equal(reset.status, 204)
    await drain()
    assert.equal(server.received[1].parsed.subject, 'Your password was changed')
    assert.include(server.received[1].parsed.text!, `Hello ${NAME}`)
    assert.notInclude(server.received[1].parsed.html || '', '<b>')
  })

  test('to who registers and to who is invited, in text and HTML', async ({ assert, cleanup }) => {
    const server = await startMailServer(cleanup)
    sendBySmtp(cleanup, { port: server.port })
    const registration = { email: 'new@example.com', password: PASSWORD, user_type: 'client' }
    expectData(await api().post('auth/register', { ...registration, first_name: NAME }), 201)
    const client = await aUser({ firstName: NAME })
    const { project } = await aProject({ client })
    await api(client).post(`projects/${project.id}/invitations`, { email: 'guest@example.com' })
    await drain()
    const to = (address: string) => server.received.find((each) => each.to.includes(address))!
    const [verify, invite] = [to('new@example.com').parsed, to('guest@example.com').parsed]
    assert.equal(verify.subject, 'Verify your e-mail address')
    assert.include(invite.subject!, `${NAME} `)
    for (const { text, html } of [verify, invite]) {
      assert.include(text!, NAME)
      assert.include(html || '', '&lt;b&gt;Ко&lt;/b&gt; &amp; 李')
      assert.notInclude(html || '', '<b>')
    }
  })

  test('lets nothing in a name become a header or a recipient', async ({ assert, cleanup }) => {
    const server = await startMailServer(cleanup)
    sendBySmtp(cleanup, { port: server.port })
    const client = await aUser({ firstName: 'Eve\r\nBcc: third@example.com\r\n\r\nBuy!' })
    const { project } = await aProject({ client })
    await api(client).post(`projects/${project.id}/invitations`, { email: 'guest@example.com' })
    await drain()
    const [{ to, parsed, raw }] = server.received
    assert.deepEqual(to, ['guest@example.com'])
    assert.isFalse(parsed.headers.has('bcc'))
    assert.include(parsed.subject!, 'Eve Bcc: third@example.com')
    assert.notMatch(raw.split('\r\n\r\n')[0], /^bcc:/im)
    assert.match(parsed.text!, /^Hello,/)
  })

  test('signs in, and only over an encrypted connection to who has a valid certificate', async ({
    assert,
    cleanup,
  }) => {
    const { certificate, privateKey } = newKeyPair(Date.now())
    const tls = { key: privateKey, cert: certificate, disabledCommands: [] }
    const account = { username: 'safesend', password: 'pässword' }
    const user = await aUser()
    const send = async () => {
      await forgetPassword(user.email)
      return drain({ mayFail: true })
    }

    const secure = await startMailServer(cleanup, tls)
    sendBySmtp(
      cleanup,
      { port: secure.port, ...account },
      { ca: certificate, checkServerIdentity: () => undefined }
    )
    assert.equal((await send()).failed, 0)
    assert.deepEqual(secure.logins, [{ ...account, secure: true }])
    assert.lengthOf(secure.received, 1)

    const stranger = await startMailServer(cleanup, tls)
    sendBySmtp(cleanup, { port: stranger.port, ...account })
    await mail.close('smtp')
    assert.equal((await send()).failed, 1)
    assert.lengthOf(stranger.logins, 0)

    const plain = await startMailServer(cleanup)
    sendBySmtp(cleanup, { port: plain.port, ...account })
    await mail.close('smtp')
    assert.equal((await send()).failed, 1)
    assert.lengthOf(plain.logins, 0, 'no password in the clear')
    assert.lengthOf(plain.received, 0)
  })

  test('that the server refuses is tried again, and arrives once', async ({ assert, cleanup }) => {
    let refuse = true
    const server = await startMailServer(cleanup, {
      onRcptTo(_, __, done) {
        done(refuse ? Object.assign(new Error('No such mailbox'), { responseCode: 550 }) : null)
      },
    })
    sendBySmtp(cleanup, { port: server.port })
    const user = await aUser()
    await forgetPassword(user.email)
    const { failed, errors } = await drain({ mayFail: true })
    assert.equal(failed, 1)
    assert.match(String(errors[0].error), /550 No such mailbox/)
    assert.containsSubset(await waiting(), [{ state: 'retry' }])
    assert.lengthOf(await db.from('single_use_tokens').where('user_id', user.id), 0)
    refuse = false
    await drain({ retryNow: true, includeDeferred: true })
    assert.lengthOf(server.received, 1)
    assert.lengthOf(await waiting(), 0)
  })

  test('waits while the server is down, and nothing of it is lost', async ({ assert, cleanup }) => {
    const port = await freePort()
    sendBySmtp(cleanup, { port })
    const users = [await aUser(), await aUser(), await aUser()]
    for (const { email } of users) assert.equal((await forgetPassword(email)).status, 202)
    assert.equal((await drain({ mayFail: true })).failed, 3)
    const server = await startMailServer(cleanup, {}, port)
    await drain({ retryNow: true, includeDeferred: true })
    assert.deepEqual(
      server.received.flatMap(({ to }) => to).sort(),
      users.map(({ email }) => email).sort()
    )
  })
})

test.group('Settings of SMTP', () => {
  test('encrypt from the first byte on at port 465, and with a password never send it in the clear', ({
    assert,
  }) => {
    const account = { username: 'u', password: 'p' }
    const ways = (settings: SmtpSettings) => {
      const { port, secure, requireTLS } = smtpOptions(settings)
      return { port, secure, requireTLS }
    }
    assert.deepEqual(ways({ port: 465 }), { port: 465, secure: true, requireTLS: false })
    assert.deepEqual(ways(account), { port: 587, secure: false, requireTLS: true })
    assert.deepEqual(ways({ port: 25 }), { port: 25, secure: false, requireTLS: false })
    assert.deepEqual(ways({ tls: 'implicit' }), { port: 465, secure: true, requireTLS: false })
    assert.isTrue(ways({ port: 25, tls: 'starttls' }).requireTLS)
  })
})
