import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { isSessionAlive } from '#identity/sessions'
import { api, expectData, expectProblem } from '#tests/support/api'
import { truncateAll } from '#tests/support/database'
import { emptyMailboxes, mailsTo } from '#tests/support/mailbox'
import { aClient, PASSWORD } from '#tests/support/users'

const NEW_PASSWORD = 'another good passphrase'

const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

async function signIn(email: string, options: { agent?: string; password?: string } = {}) {
  const { agent = 'Browser', password = PASSWORD } = options
  return expectData(
    await api().post('auth/login', { email, password }, { headers: { 'user-agent': agent } })
  )
}

async function expectOver(tokens: any): Promise<void> {
  expectProblem(await api().get('users/profile', as(tokens.access_token)), 401, 'unauthenticated')
  expectProblem(
    await api().post('auth/refresh', { refresh_token: tokens.refresh_token }),
    401,
    'invalid_refresh_token'
  )
}

test.group('Sessions', (group) => {
  group.each.setup(async () => {
    await truncateAll()
    await emptyMailboxes()
  })

  test('the number of a card is not kept with what a browser says of itself', async ({
    assert,
  }) => {
    const { email } = await aClient()
    const tokens = await signIn(email, { agent: 'Phone 4242 4242 4242 4242/1.0' })
    const [session] = expectData(await api().get('auth/sessions', as(tokens.access_token)))
    assert.equal(session.user_agent, 'Phone [card number]/1.0')
  })

  test('a user sees where they are signed in, and which of it is this', async ({ assert }) => {
    const { email } = await aClient()
    await signIn((await aClient()).email)
    await signIn(email, { agent: 'Phone' })
    const laptop = await signIn(email, { agent: 'Laptop' })
    const over = await signIn(email, { agent: 'Library' })
    await api().post('auth/logout', undefined, as(over.access_token))
    await signIn(email, { agent: 'Long ago' })
    await db
      .from('sessions')
      .where('user_agent', 'Long ago')
      .update({ expires_at: db.raw('now()') })

    const sessions = expectData(await api().get('auth/sessions', as(laptop.access_token)))
    assert.deepEqual(
      sessions.map(({ user_agent: agent, current }: any) => [agent, current]),
      [
        ['Laptop', true],
        ['Phone', false],
      ]
    )
    assert.sameMembers(Object.keys(sessions[0]), [
      'id',
      'user_agent',
      'ip',
      'created_at',
      'last_used_at',
      'current',
    ])
    assert.match(sessions[0].ip, /127\.0\.0\.1$/)
  })

  test('one of them is revoked: its tokens stop at once, the others go on', async ({ assert }) => {
    const { email } = await aClient()
    const phone = await signIn(email, { agent: 'Phone' })
    const laptop = await signIn(email, { agent: 'Laptop' })
    const list = expectData(await api().get('auth/sessions', as(laptop.access_token)))
    const { id } = list.find(({ current }: any) => !current)
    assert.isTrue(await isSessionAlive(db, id))

    const answer = await api().delete(`auth/sessions/${id}`, as(laptop.access_token))
    assert.equal(answer.status, 204)
    assert.isFalse(await isSessionAlive(db, id))
    await expectOver(phone)
    expectData(await api().get('users/profile', as(laptop.access_token)))
    expectProblem(await api().delete(`auth/sessions/${id}`, as(laptop.access_token)), 404)
    const row = await db.from('sessions').where('id', id).firstOrFail()
    assert.equal(row.revoked_reason, 'revoked')
  })

  test('the session that asks may end itself, like a logout', async () => {
    const { email } = await aClient()
    const tokens = await signIn(email)
    const [{ id }] = expectData(await api().get('auth/sessions', as(tokens.access_token)))
    await api().delete(`auth/sessions/${id}`, as(tokens.access_token))
    await expectOver(tokens)
  })

  test('all others are revoked together; this one goes on', async ({ assert }) => {
    const { email } = await aClient()
    const stranger = await signIn((await aClient()).email)
    const others = [await signIn(email), await signIn(email)]
    const here = await signIn(email)
    assert.equal((await api().delete('auth/sessions', as(here.access_token))).status, 204)
    for (const other of others) await expectOver(other)
    expectData(await api().post('auth/refresh', { refresh_token: here.refresh_token }))
    expectData(await api().get('users/profile', as(stranger.access_token)))
  })

  test('the session of somebody else does not exist', async ({ assert }) => {
    const stranger = await signIn((await aClient()).email)
    const [{ id }] = expectData(await api().get('auth/sessions', as(stranger.access_token)))
    const own = await signIn((await aClient()).email)
    expectProblem(await api().delete(`auth/sessions/${id}`, as(own.access_token)), 404)
    expectProblem(await api().delete('auth/sessions/x', as(own.access_token)), 404)
    assert.isTrue(await isSessionAlive(db, id))
  })
})

test.group('Changing the password', (group) => {
  group.each.setup(async () => {
    await truncateAll()
    await emptyMailboxes()
  })

  const change = (token: string, current: string, password = NEW_PASSWORD) =>
    api().post('auth/change-password', { current_password: current, password }, as(token))

  test('the new password counts, every other session ends, and the owner is told', async ({
    assert,
  }) => {
    const { email } = await aClient()
    const other = await signIn(email)
    const here = await signIn(email)
    assert.equal((await change(here.access_token, PASSWORD)).status, 204)

    await expectOver(other)
    expectData(await api().get('users/profile', as(here.access_token)))
    expectProblem(await api().post('auth/login', { email, password: PASSWORD }), 401)
    await signIn(email, { password: NEW_PASSWORD })
    const mail = (await mailsTo(email)).at(-1)!
    assert.equal(mail.subject, 'Your password was changed')
    assert.include(mail.text, 'all other devices')
    assert.include(mail.html, 'all other devices')
  })

  test('a wrong present password changes nothing, nor does a new one that is not good', async ({
    assert,
  }) => {
    const { email } = await aClient()
    const other = await signIn(email)
    const here = await signIn(email)
    const wrong = expectProblem(await change(here.access_token, 'not it at all'), 422)
    assert.include(wrong.errors[0], { field: 'current_password', rule: 'wrong_password' })
    expectProblem(await change(here.access_token, PASSWORD, 'short'), 422)
    expectProblem(await change(here.access_token, PASSWORD, email), 422)
    expectData(await api().get('users/profile', as(other.access_token)))
    assert.isEmpty(await mailsTo(email))
  })

  test('a link to reset the password, asked for before, is dead', async ({ assert }) => {
    const { email } = await aClient()
    const here = await signIn(email)
    await api().post('auth/reset-password', { email })
    const [mail] = await mailsTo(email)
    const token = /token=([\w-]+)/.exec(mail.text)![1]
    assert.equal((await change(here.access_token, PASSWORD)).status, 204)
    expectProblem(
      await api().post('auth/reset-password', { token, password: 'the thief has chosen this' }),
      422
    )
  })

  test('of many changes at the same moment one counts', async ({ assert }) => {
    const { email } = await aClient()
    const here = await signIn(email)
    const answers = await Promise.all(
      [1, 2, 3, 4].map((n) => change(here.access_token, PASSWORD, `${NEW_PASSWORD} ${n}`))
    )
    const winner = answers.findIndex(({ status }) => status === 204)
    assert.lengthOf(
      answers.filter(({ status }) => status === 204),
      1
    )
    await signIn(email, { password: `${NEW_PASSWORD} ${winner + 1}` })
  })

  test('a sign-in with the old password at that moment leaves no session', async ({ assert }) => {
    const { email, id } = await aClient()
    const here = await signIn(email)
    const [signedIn, changed] = await Promise.all([
      api().post('auth/login', { email, password: PASSWORD }),
      change(here.access_token, PASSWORD),
    ])
    assert.include([200, 401], signedIn.status)
    assert.equal(changed.status, 204)
    assert.lengthOf(await db.from('sessions').where('user_id', id).whereNull('revoked_at'), 1)
  })
})
