import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { truncateAll } from '#tests/support/database'
import { aClient, forgetTokens, PASSWORD } from '#tests/support/users'

const ADA = {
  email: 'ada@example.com',
  password: PASSWORD,
  user_type: 'freelancer',
  first_name: 'Ada',
  last_name: 'Lovelace',
}

const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

test.group('Registering and signing in', (group) => {
  group.each.setup(async () => {
    await truncateAll()
    forgetTokens()
  })

  test('who registers gets an account, a profile and no tokens yet', async ({ assert }) => {
    const answer = await api().post('auth/register', ADA)
    const { id, created_at: createdAt, ...user } = expectData(answer, 201)
    assert.deepEqual(user, {
      email: 'ada@example.com',
      user_type: 'freelancer',
      first_name: 'Ada',
      last_name: 'Lovelace',
      is_verified: false,
    })
    assert.match(createdAt, /^\d{4}-.*Z$/)
    const profile = await db.from('profiles').where('user_id', id).firstOrFail()
    assert.deepEqual(profile.skills, [])
  })

  test('the password is stored as argon2id with 19 MiB and two passes', async ({ assert }) => {
    expectData(await api().post('auth/register', ADA), 201)
    const { password } = await User.findByOrFail('email', ADA.email)
    assert.match(password!, /^\$argon2id\$v=19\$.*m=19456/)
    assert.match(password!, /t=2/)
  })

  test('an e-mail address is the same in any case and with blanks around', async () => {
    expectData(await api().post('auth/register', { ...ADA, email: '  Ada@Example.COM ' }), 201)
    expectProblem(await api().post('auth/register', ADA), 409, 'email_taken')
    expectData(await api().post('auth/login', { email: ' ADA@example.com', password: PASSWORD }))
  })

  test('of many who register one address at once, one gets it', async ({ assert }) => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => api().post('auth/register', ADA))
    )
    assert.lengthOf(
      answers.filter(({ status }) => status === 201),
      1
    )
    assert.lengthOf(
      answers.filter(({ body }) => body.code === 'email_taken'),
      7
    )
  })

  test('nobody registers as staff, verified, or with anything but the named fields', async ({
    assert,
  }) => {
    for (const type of ['staff', 'admin', 'Client', '', null, ['client'], { a: 1 }]) {
      const answer = await api().post('auth/register', { ...ADA, user_type: type })
      assert.equal(expectProblem(answer, 422).errors[0].field, 'user_type')
    }
    const answer = await api().post('auth/register', {
      ...ADA,
      id: '01900000-0000-7000-8000-000000000000',
      is_verified: true,
      isVerified: true,
      notification_seq: 7,
      created_at: '2001-01-01T00:00:00Z',
      profile: { bio: 'hm' },
    })
    const { id } = expectData(answer, 201)
    const row = await db.from('users').where('id', id).firstOrFail()
    assert.notEqual(row.id, '01900000-0000-7000-8000-000000000000')
    assert.isFalse(row.is_verified)
    assert.equal(row.notification_seq, 0n)
    assert.isAbove(row.created_at.getFullYear(), 2001)
  })

  test('a password must have 12 to 128 characters and not be the e-mail address', async ({
    assert,
  }) => {
    const email = 'ada.lovelace@example.com'
    for (const password of [
      'x'.repeat(11),
      'x'.repeat(129),
      email,
      email.toUpperCase(),
      123456789012,
    ]) {
      const answer = await api().post('auth/register', { ...ADA, email, password })
      assert.equal(expectProblem(answer, 422).errors[0].field, 'password')
    }
    assert.isEmpty(await User.all())
    const password = 'x'.repeat(128)
    expectData(await api().post('auth/register', { ...ADA, email, password }), 201)
  })

  test('signing in tells the same of a wrong password and of an unknown address', async ({
    assert,
  }) => {
    const { email } = await aClient()
    const wrong = await api().post('auth/login', { email, password: 'not the password' })
    const unknown = await api().post('auth/login', {
      email: 'nobody@example.com',
      password: PASSWORD,
    })
    const said = expectProblem(wrong, 401, 'invalid_credentials')
    const saidOfUnknown = expectProblem(unknown, 401, 'invalid_credentials')
    assert.deepEqual({ ...said, request_id: '' }, { ...saidOfUnknown, request_id: '' })
  })

  test('refusing an unknown address takes as long as refusing a wrong password', async ({
    assert,
  }) => {
    const { email } = await aClient()
    const time = async (address: string) => {
      const times: number[] = []
      for (let i = 0; i < 9; i++) {
        const start = performance.now()
        await api().post('auth/login', { email: address, password: 'not the password' })
        times.push(performance.now() - start)
      }
      return times.sort((a, b) => a - b)[4]
    }
    await time(email)
    const [known, unknown] = [await time(email), await time('nobody@example.com')]
    // Without the decoy it is a tenth; the rest is the noise of a busy machine.
    assert.isAbove(unknown, known * 0.5)
  })

  test('who is not verified may sign in', async ({ assert }) => {
    const { email } = await aClient({ verified: false })
    const { user, access_token: token } = expectData(
      await api().post('auth/login', { email, password: PASSWORD })
    )
    assert.isFalse(user.is_verified)
    expectData(await api().get('users/profile', as(token)))
  })

  test('tokens are not kept by caches, and neither is stored in clear', async ({ assert }) => {
    const { email } = await aClient()
    const answer = await api().post('auth/login', { email, password: PASSWORD })
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.equal(answer.data.expires_in, 900)
    const stored = JSON.stringify(await db.from('refresh_tokens'))
    assert.notInclude(stored, answer.data.refresh_token)
  })

  test('logging out ends this session at once, and no other', async ({ assert }) => {
    const { email } = await aClient()
    const signIn = async () =>
      expectData(await api().post('auth/login', { email, password: PASSWORD }))
    const [phone, laptop] = [await signIn(), await signIn()]

    const answer = await api().post('auth/logout', undefined, as(phone.access_token))
    assert.equal(answer.status, 204)
    expectProblem(await api().get('users/profile', as(phone.access_token)), 401)
    expectProblem(
      await api().post('auth/refresh', { refresh_token: phone.refresh_token }),
      401,
      'invalid_refresh_token'
    )
    expectData(await api().get('users/profile', as(laptop.access_token)))
  })

  test('a forged X-Forwarded-For does no harm', async () => {
    const { email } = await aClient()
    const answer = await api().post(
      'auth/login',
      { email, password: PASSWORD },
      { headers: { 'x-forwarded-for': "'; DROP TABLE users" } }
    )
    expectData(answer)
  })
})
