import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { truncateAll } from '#tests/support/database'
import { emptyMailboxes, mailedToken, mailsTo } from '#tests/support/mailbox'
import { aClient, PASSWORD, tokenOf } from '#tests/support/users'

const NEW = 'new.address@example.com'
const PATH = '/confirm-email-change'

const ask = (user: User, email = NEW, password = PASSWORD) =>
  api(user).post('auth/change-email', { email, password })
const confirm = (token: string) => api().post('auth/change-email/confirm', { token })

async function asked(user: User, email = NEW) {
  expectData(await ask(user, email), 202)
  return { old: await mailedToken(user.email, PATH), new: await mailedToken(email, PATH) }
}

const emailOf = async (user: User) => (await User.findOrFail(user.id)).email

test.group('Changing the e-mail address', (group) => {
  group.each.setup(async () => {
    await truncateAll()
    await emptyMailboxes()
  })

  for (const [first, second] of [
    ['old', 'new'],
    ['new', 'old'],
  ] as const) {
    test(`it changes when both addresses have confirmed, the ${first} one first`, async ({
      assert,
    }) => {
      const user = await aClient()
      const tokens = await asked(user)
      assert.equal(await emailOf(user), user.email)
      assert.deepEqual(expectData(await confirm(tokens[first])), { status: 'confirmed' })
      assert.equal(await emailOf(user), user.email)
      assert.deepEqual(expectData(await confirm(tokens[second])), { status: 'changed' })

      assert.equal(await emailOf(user), NEW)
      expectData(await api().post('auth/login', { email: NEW, password: PASSWORD }))
      expectProblem(await api().post('auth/login', { email: user.email, password: PASSWORD }), 401)
      const notice = (await mailsTo(user.email)).at(-1)!
      assert.equal(notice.subject, 'Your e-mail address was changed')
    })
  }

  test('who mistyped the address that was never verified leaves it by confirming the new one', async ({
    assert,
  }) => {
    const user = await aClient({ verified: false })
    expectData(await ask(user), 202)
    assert.deepEqual(await mailsTo(user.email), [])
    const token = await mailedToken(NEW, PATH)
    assert.deepEqual(expectData(await confirm(token)), { status: 'changed' })
    assert.isTrue((await User.findByOrFail('email', NEW)).isVerified)
    assert.deepEqual(await mailsTo(user.email), [])
  })

  test('an address that is verified meanwhile has to confirm as well', async ({ assert }) => {
    const user = await aClient({ verified: false })
    expectData(await ask(user), 202)
    const token = await mailedToken(NEW, PATH)
    await db.from('users').where('id', user.id).update({ is_verified: true })
    assert.deepEqual(expectData(await confirm(token)), { status: 'confirmed' })
    assert.equal(await emailOf(user), user.email)
  })

  test('a link counts once, and one side cannot confirm for both', async ({ assert }) => {
    const user = await aClient()
    const tokens = await asked(user)
    expectData(await confirm(tokens.old))
    expectProblem(await confirm(tokens.old), 422)
    assert.equal(await emailOf(user), user.email)
    expectData(await confirm(tokens.new))
    expectProblem(await confirm(tokens.new), 422)
    expectProblem(await confirm(tokens.old), 422)
  })

  test('the links expire, and asking again ends the earlier ones', async ({ assert }) => {
    const user = await aClient()
    const first = await asked(user)
    expectData(await confirm(first.old))
    const second = await asked(user, 'other@example.com')
    expectProblem(await confirm(first.new), 422)
    await db.from('email_changes').update({ expires_at: db.raw('now()') })
    expectProblem(await confirm(second.old), 422)
    assert.equal(await emailOf(user), user.email)
  })

  test('it takes the password, and another address than the present one', async ({ assert }) => {
    const user = await aClient()
    const wrong = expectProblem(await ask(user, NEW, 'not the password'), 422)
    assert.equal(wrong.errors[0].field, 'password')
    expectProblem(await ask(user, user.email.toUpperCase()), 422)
    assert.isEmpty(await mailsTo(NEW))
    assert.isEmpty(await mailsTo(user.email))
  })

  test('whether the new address is taken shows only when both have confirmed', async ({
    assert,
  }) => {
    const user = await aClient()
    const owner = await aClient()
    const taken = await ask(user, owner.email)
    const free = await ask(await aClient(), NEW)
    assert.deepEqual([taken.status, taken.body], [free.status, free.body])

    const [old, fresh] = [await mailedToken(user.email, PATH), await mailedToken(owner.email, PATH)]
    assert.deepEqual(expectData(await confirm(old)), { status: 'confirmed' })
    expectProblem(await confirm(fresh), 409, 'email_taken')
    assert.equal(await emailOf(user), user.email)
    assert.equal(await emailOf(owner), owner.email)
  })

  test('somebody who registers the address at that moment gets it, or the change does', async ({
    assert,
  }) => {
    for (let round = 0; round < 6; round++) {
      const email = `contested${round}@example.com`
      const user = await aClient()
      const tokens = await asked(user, email)
      expectData(await confirm(tokens.old))
      const [changed, registered] = await Promise.all([
        confirm(tokens.new),
        api().post('auth/register', { email, password: PASSWORD, user_type: 'client' }),
      ])
      assert.deepEqual([changed.status, registered.status].sort(), [
        Math.min(changed.status, registered.status),
        409,
      ])
      assert.lengthOf(await User.query().where('email', email), 1)
      assert.equal(await emailOf(user), changed.status === 200 ? email : user.email)
    }
  })

  test('both links at the same moment change the address once', async ({ assert }) => {
    const user = await aClient()
    const tokens = await asked(user)
    const answers = await Promise.all(
      [tokens.old, tokens.new, tokens.old, tokens.new].map((token) => confirm(token))
    )
    assert.deepEqual(
      answers.map(({ data }) => data?.status).sort(),
      ['changed', 'confirmed', undefined, undefined].sort()
    )
    assert.equal(await emailOf(user), NEW)
    const notices = (await mailsTo(user.email)).filter(({ subject }) => /was changed/.test(subject))
    assert.lengthOf(notices, 1)
  })

  test('the session that asked goes on, all others end', async () => {
    const user = await aClient()
    const { access_token: other, refresh_token: refresh } = expectData(
      await api().post('auth/login', { email: user.email, password: PASSWORD })
    )
    const tokens = await asked(user)
    expectData(await confirm(tokens.old))
    expectData(await confirm(tokens.new))
    expectData(await api(user).get('users/profile'))
    expectProblem(
      await api().get('users/profile', { headers: { authorization: `Bearer ${other}` } }),
      401
    )
    expectProblem(await api().post('auth/refresh', { refresh_token: refresh }), 401)
  })

  test('links mailed to the old address before are dead after it', async ({ assert }) => {
    const user = await aClient({ verified: false })
    await tokenOf(user)
    expectData(await api().post('auth/reset-password', { email: user.email }), 202)
    expectData(await api(user).post('auth/verify-email/resend'), 202)
    const reset = await mailedToken(user.email, '/reset-password')
    const verify = await mailedToken(user.email, '/verify-email')
    expectData(await ask(user), 202)
    expectData(await confirm(await mailedToken(NEW, PATH)))
    expectProblem(
      await api().post('auth/reset-password', { token: reset, password: 'a thief chose this' }),
      422
    )
    expectProblem(await api().post('auth/verify-email', { token: verify }), 409, 'already_verified')
    assert.isTrue((await User.findOrFail(user.id)).isVerified)
  })

  test('a new password takes the change back', async () => {
    const user = await aClient()
    const tokens = await asked(user)
    await api(user).post('auth/change-password', {
      current_password: PASSWORD,
      password: 'another good passphrase',
    })
    expectProblem(await confirm(tokens.old), 422)
    expectProblem(await confirm(tokens.new), 422)
  })

  test('neither a user nor a mailbox is flooded', async ({ assert }) => {
    const user = await aClient()
    for (let n = 0; n < 5; n++) expectData(await ask(user), 202)
    const refused = await ask(user)
    expectProblem(refused, 429, 'too_many_changes')
    assert.closeTo(Number(refused.headers.get('retry-after')), 3600, 60)
    for (let n = 0; n < 3; n++) {
      expectData(await ask(await aClient()), 202)
      await mailsTo(NEW)
    }
    assert.isAtMost((await mailsTo(NEW)).length, 5)
  })

  test('no token is stored in clear', async ({ assert }) => {
    const tokens = await asked(await aClient())
    const { rows } = await db.rawQuery('SELECT data::text FROM pgboss.job')
    const stored = JSON.stringify([await db.from('email_changes'), rows])
    assert.notInclude(stored, tokens.old)
    assert.notInclude(stored, tokens.new)
  })
})
