import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import { simpleParser } from 'mailparser'
import { createTransport } from 'nodemailer'
import mail from '@adonisjs/mail/services/main'
import db from '@adonisjs/lucid/services/db'
import { appUrl } from '#config/app'
import { enqueue } from '#jobs/queue'
import { mailNotification } from '#jobs/mail_notification'
import NotificationMail from '#mails/notification_mail'
import Notification from '#models/notification'
import type User from '#models/user'
import type { NotificationKind } from '#notifications/catalogue'
import { unsubscribeToken } from '#notifications/mail/unsubscribe'
import { notify } from '#notifications/notify'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain } from '#tests/support/jobs'
import { ownUrl } from '#tests/support/live'
import { emptyMailboxes, mailsTo } from '#tests/support/mailbox'
import { samples } from '#tests/support/notification_samples'
import { activeProject, pay, submittedMilestone } from '#tests/support/projects'
import { aClient, aFreelancer, aUser } from '#tests/support/users'

const tell = (user: User, kind: NotificationKind = 'project.completed') =>
  db.transaction((trx) => notify(trx, { userId: user.id, kind, data: samples[kind] as never }))

/** What comes by mail once the time has passed that mails wait. */
async function mailed(user: User): Promise<string[]> {
  await drain({ includeDeferred: true })
  return (await mailsTo(user.email)).map(({ subject }) => subject)
}

const prefer = async (user: User, preferences: object) =>
  expectData(await api(user).put('users/notification-preferences', preferences))

/** As a mail program does it: a form, nobody signed in. */
async function oneClick(token: string) {
  const address = `${ownUrl()}/api/notifications/unsubscribe?token=${encodeURIComponent(token)}`
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
  })
  return { status: response.status, body: (await response.json()) as any }
}

/** The message as an SMTP server would be given it. */
async function asSent(user: User, notification: Notification) {
  const message = new NotificationMail(user, [notification])
  await message.buildWithContents()
  const smtp = createTransport({ streamTransport: true, buffer: true })
  const { message: sent } = await smtp.sendMail({
    from: 'escrow@safesend.test',
    ...(message.message.toObject().message as object),
  })
  return simpleParser(sent as Buffer)
}

const lastOf = (user: User) =>
  Notification.query().where('user_id', user.id).orderBy('seq', 'desc').firstOrFail()

test.group('Mails of notifications', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await emptyMailboxes()
  })

  test('what is unread after a while is mailed, once, with a link to what it is about', async ({
    assert,
  }) => {
    const user = await aClient()
    await tell(user)
    await drain()
    assert.isEmpty(await mailsTo(user.email), 'it was mailed at once')
    assert.deepEqual(await mailed(user), ['Project completed (A website)'])
    const [message] = await mailsTo(user.email)
    for (const content of [message.text, message.html]) {
      assert.include(content, `${appUrl}/projects/${samples['project.completed'].project_id}`)
      assert.include(content, '/notifications/unsubscribe#token=')
    }
    const { id, mailedAt } = await Notification.query().where('user_id', user.id).firstOrFail()
    assert.isNotNull(mailedAt)

    // Handed out again, as after a worker that died when it was done.
    await enqueue(db, mailNotification, { notificationId: id })
    assert.lengthOf(await mailed(user), 1)
  })

  test('what was read meanwhile, or rolled back, is not mailed', async ({ assert }) => {
    const user = await aClient()
    await tell(user)
    expectData(await api(user).post('notifications/read-all'))
    const trx = await db.transaction()
    await notify(trx, {
      userId: user.id,
      kind: 'project.completed',
      data: samples['project.completed'],
    })
    await trx.rollback()
    assert.isEmpty(await mailed(user))
  })

  test('what is settled meanwhile is not mailed, and what was told anew only once', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    const reject = () =>
      api(client).post(`milestones/${milestone.id}/reject`, { reason: 'The form is missing.' })
    const submit = () =>
      api(freelancer).post(`milestones/${milestone.id}/submit`, { note: 'Here.' })
    const about = (sent: string[]) =>
      sent.filter((subject) => /^(Work submitted|Changes asked for)/.test(subject))
    expectData(await reject())
    expectData(await submit())
    assert.lengthOf(about(await mailed(client)), 1, 'the first submission is not news any more')
    assert.isEmpty(about(await mailed(freelancer)), 'they did what was asked for')
    await emptyMailboxes()
    expectData(await reject())
    expectData(await submit())
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    assert.isEmpty(about([...(await mailed(client)), ...(await mailed(freelancer))]))
    const told = await db.from('notifications').where('user_id', client.id)
    assert.lengthOf(
      told.filter(({ kind }) => kind === 'milestone.submitted'),
      3
    )
  })

  test('a mail that could not be sent is sent later, and not marked before', async ({ assert }) => {
    const user = await aClient()
    await tell(user)
    const transport = mail.use()
    const send = transport.send
    transport.send = async () => {
      throw new Error('The mail server is away.')
    }
    await db.from('pgboss.job').update({ start_after: db.raw('now()') })
    const { failed } = await drain({ mayFail: true }).finally(() => (transport.send = send))
    assert.equal(failed, 1)
    const before = await Notification.query().where('user_id', user.id).firstOrFail()
    assert.isNull(before.mailedAt)
    await drain({ includeDeferred: true, retryNow: true })
    assert.lengthOf(await mailsTo(user.email), 1)
  })

  test('a worker that dies before it marks a mail sends it again, and never a third time', async ({
    assert,
  }) => {
    const user = await aClient()
    await tell(user)
    const { id } = await lastOf(user)
    await drain({ includeDeferred: true })
    // As it is found by who takes the job over: sent, and not marked.
    await db.from('notifications').where('id', id).update({ mailed_at: null })
    for (let n = 0; n < 2; n++) {
      await enqueue(db, mailNotification, { notificationId: id })
      assert.lengthOf(await mailed(user), 2)
    }
    const [first, second] = [
      await asSent(user, await lastOf(user)),
      await asSent(user, await lastOf(user)),
    ]
    assert.equal(first.messageId, second.messageId)
  })

  test('an address that is not verified, or erased meanwhile, gets none', async ({ assert }) => {
    const [unverified, erased] = [await aClient({ verified: false }), await aClient()]
    await tell(unverified)
    await tell(erased)
    await db.from('users').where('id', erased.id).update({ is_verified: false })
    assert.isEmpty(await mailed(unverified))
    assert.isEmpty(await mailsTo(erased.email))
  })

  test('messages of one project make one mail, and no more until it was read', async ({
    assert,
  }) => {
    const { client, freelancer, project } = await activeProject()
    const other = await activeProject({ client, freelancer })
    await drain({ includeDeferred: true })
    await emptyMailboxes()
    const write = (projectId: string, times: number) =>
      Promise.all(
        Array.from({ length: times }, (_, n) =>
          api(client).post(`projects/${projectId}/messages`, { body: `Hello ${n}.` })
        )
      )
    const by = client.displayName
    await write(project.id, 4)
    await write(other.project.id, 1)
    assert.sameMembers(await mailed(freelancer), [
      `4 messages from ${by} (${project.title})`,
      `Message from ${by} (${other.project.title})`,
    ])

    await write(project.id, 3)
    assert.lengthOf(await mailed(freelancer), 2)

    expectData(await api(freelancer).post('notifications/read-all'))
    await write(project.id, 2)
    const subjects = await mailed(freelancer)
    assert.equal(subjects.at(-1), `2 messages from ${by} (${project.title})`)
    assert.lengthOf(subjects, 3)
  })

  test('preferences are by category: everything until somebody chooses, and only what they choose', async ({
    assert,
  }) => {
    const [user, other] = [await aFreelancer(), await aFreelancer()]
    const all = expectData(await api(user).get('users/notification-preferences'))
    assert.deepEqual(Object.keys(all), ['work', 'money', 'messages', 'account', 'security'])
    for (const [category, { in_app: inApp, email, required }] of Object.entries<any>(all)) {
      assert.deepEqual([inApp, email, required], [true, true, category === 'security'])
    }
    const changed = await prefer(user, { work: { email: false }, account: { email: false } })
    assert.isFalse(changed.work.email)
    assert.isFalse(changed.account.email)
    assert.isTrue(changed.money.email)
    for (const who of [user, other]) {
      for (const kind of ['project.completed', 'payout.paid', 'payout_account.enabled'] as const) {
        await tell(who, kind)
      }
    }
    assert.deepEqual(await mailed(user), ['Paid out: 250.00 USD (A website)'])
    assert.lengthOf(await mailsTo(other.email), 3)
    assert.lengthOf(expectData(await api(user).get('notifications')), 3)

    // What was read can be sent back as it is.
    assert.deepEqual(await prefer(user, changed), changed)
    assert.isTrue((await prefer(user, { work: { email: true } })).work.email)
    await tell(user)
    assert.include(await mailed(user), 'Project completed (A website)')
  })

  test('who switches a category off before its mail is sent does not get it', async ({
    assert,
  }) => {
    const user = await aClient()
    await tell(user)
    await prefer(user, { work: { email: false } })
    assert.isEmpty(await mailed(user))
  })

  test('mails about security come at once, whatever was chosen, and carry no way to stop them', async ({
    assert,
  }) => {
    const user = await aFreelancer()
    for (const security of [{ email: false }, { in_app: false, email: true }, {}, false, null]) {
      const answer = await api(user).put('users/notification-preferences', { security })
      expectProblem(answer, 422, 'validation_failed')
    }
    await tell(user, 'payout_account.made_default')
    await drain()
    const [message] = await mailsTo(user.email)
    assert.equal(message.subject, 'Payouts go elsewhere from now on')
    assert.notInclude(message.text + message.html, 'unsubscribe')
    await assert.rejects(
      () =>
        db.table('notification_preferences').insert({
          user_id: user.id,
          category: 'security',
          email: false,
        }),
      /check constraint/
    )
  })

  test('bad preferences are refused and change nothing', async ({ assert }) => {
    const user = await aClient()
    for (const body of [
      {},
      { work: {} },
      { work: { email: 'no' } },
      { work: { email: 0 } },
      { work: { email: null } },
      { work: { email: false, in_app: false } },
      { nonsense: { email: false } },
    ]) {
      expectProblem(await api(user).put('users/notification-preferences', body), 422)
    }
    expectProblem(await api().get('users/notification-preferences'), 401)
    expectProblem(
      await api().put('users/notification-preferences', { work: { email: false } }),
      401
    )
    assert.isEmpty(await db.from('notification_preferences'))
  })

  test('the head of a mail lets a mail program unsubscribe, and tells repetitions apart', async ({
    assert,
  }) => {
    const user = await aUser({ type: 'freelancer' })
    await tell(user)
    const notification = await lastOf(user)
    const sent = await asSent(user, notification)
    const token = unsubscribeToken(user.id, 'work')
    const raw = (name: string) =>
      sent.headerLines.find(({ key }) => key === name)?.line.replace(/\r\n\s+/g, ' ')
    assert.equal(
      raw('list-unsubscribe'),
      `List-Unsubscribe: <${appUrl}/api/notifications/unsubscribe?token=${token}>`
    )
    assert.equal(raw('list-unsubscribe-post'), 'List-Unsubscribe-Post: List-Unsubscribe=One-Click')
    assert.equal(sent.headers.get('auto-submitted'), 'auto-generated')
    assert.equal(sent.messageId, `<notification-${notification.id}@127.0.0.1>`)
    assert.include(sent.text, 'is closed')
    assert.match(sent.html as string, /<a\s+href=/)

    await tell(user, 'payout_account.added')
    const security = await asSent(user, await lastOf(user))
    assert.isFalse(security.headers.has('list'))
    assert.isFalse(security.headerLines.some(({ key }) => key.startsWith('list-')))
  })

  test('what people call themselves and their projects is text in a mail, never markup', async ({
    assert,
  }) => {
    const user = await aClient()
    const title = '<img src=x onerror=alert(1)> {{ user.password }}\r\nBcc: all@example.com'
    await db.transaction((trx) =>
      notify(trx, {
        userId: user.id,
        kind: 'invitation.accepted',
        data: { project_id: randomUUID(), project_title: title, by: `<b>Eve</b>\r\nBcc: x@y.z` },
      })
    )
    await drain({ includeDeferred: true })
    const [message] = await mailsTo(user.email)
    assert.notInclude(message.html, '<img')
    assert.notInclude(message.html, '<b>')
    assert.include(message.html, '{{ user.password }}')
    const parsed = await asSent(user, await lastOf(user))
    assert.isUndefined(parsed.bcc)
    assert.match(parsed.subject!, /^.{20,170}$/)
  })

  test('one click on a mail stops more of its kind, without signing in, and can be repeated', async ({
    assert,
  }) => {
    const [user, other] = [await aClient(), await aClient()]
    const token = unsubscribeToken(user.id, 'work')
    for (let n = 0; n < 2; n++) {
      const { status, body } = await oneClick(token)
      assert.equal(status, 200)
      assert.deepEqual(body.data, { category: 'work', email: false })
    }
    const now = expectData(await api(user).get('users/notification-preferences'))
    assert.isFalse(now.work.email)
    assert.isTrue(now.money.email)
    const theirs = expectData(await api(other).get('users/notification-preferences'))
    assert.isTrue(theirs.work.email)
  })

  test('following the link changes nothing but leads to the page that asks', async ({ assert }) => {
    const user = await aClient()
    const token = unsubscribeToken(user.id, 'work')
    const address = `${ownUrl()}/api/notifications/unsubscribe?token=${token}`
    const response = await fetch(address, { redirect: 'manual' })
    assert.equal(response.status, 302)
    const to = new URL(response.headers.get('location')!)
    assert.equal(to.origin, new URL(appUrl).origin)
    assert.equal(to.pathname, '/notifications/unsubscribe')
    assert.equal(new URLSearchParams(to.hash.slice(1)).get('token'), token)
    const now = expectData(await api(user).get('users/notification-preferences'))
    assert.isTrue(now.work.email)
  })

  test('a token for another user or category, or of our making not at all, stops nothing', async ({
    assert,
  }) => {
    const [user, other] = [await aClient(), await aClient()]
    const token = unsubscribeToken(user.id, 'work')
    const signature = token.split('.')[2]
    for (const bad of [
      '',
      'x',
      '..',
      `${other.id}.work.${signature}`,
      `${user.id}.money.${signature}`,
      `${user.id}.security.${signature}`,
      `${user.id}.work.`,
      `${user.id}.work`,
      token.slice(0, -1),
      `${user.id.toUpperCase()}.work.${signature}`,
      unsubscribeToken(user.id, 'security' as never),
      unsubscribeToken(randomUUID(), 'work'),
      'a'.repeat(300),
      `${user.id}.work.${signature}\u0000`,
    ]) {
      const { status, body } = await oneClick(bad)
      assert.equal(status, 422, bad)
      assert.equal(body.code, 'validation_failed')
    }
    assert.isEmpty(await db.from('notification_preferences'))
  })
})
