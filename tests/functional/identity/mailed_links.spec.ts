import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { assertVerified } from '#identity/verified'
import { Problem } from '#exceptions/problem'
import User from '#models/user'
import { api, expectData, expectProblem, type Answer } from '#tests/support/api'
import { truncateAll } from '#tests/support/database'
import { drain } from '#tests/support/jobs'
import { emptyMailboxes, mailedToken, mailsTo } from '#tests/support/mailbox'
import { aClient, forgetTokens, PASSWORD, tokenOf } from '#tests/support/users'

const ADA = 'ada@example.com'
const NEW_PASSWORD = 'another good passphrase'

const register = (more: object = {}) =>
  api().post('auth/register', { email: ADA, password: PASSWORD, user_type: 'client', ...more })
const verify = (token: string) => api().post('auth/verify-email', { token })
const ask = (email: string) => api().post('auth/reset-password', { email })
const reset = (token: string, password = NEW_PASSWORD) =>
  api().post('auth/reset-password', { token, password })
const signIn = (email: string, password: string) => api().post('auth/login', { email, password })

function expectDone(answer: Answer): void {
  if (answer.status !== 204) throw new Error(`not done: ${JSON.stringify(answer.body)}`)
}

async function aResetToken(email: string): Promise<string> {
  expectData(await ask(email), 202)
  return mailedToken(email, '/reset-password')
}

test.group('Verifying an e-mail address', (group) => {
  group.each.setup(async () => {
    await truncateAll()
    await emptyMailboxes()
    forgetTokens()
  })

  test('the mailed link verifies the address, once', async ({ assert }) => {
    expectData(await register(), 201)
    const token = await mailedToken(ADA, '/verify-email')
    assert.isTrue(expectData(await verify(token)).is_verified)
    const user = await User.findByOrFail('email', ADA)
    assert.isTrue(user.isVerified)
    expectProblem(await verify(token), 409, 'already_verified')
    assert.equal(expectProblem(await verify(`${token}x`), 422).errors[0].field, 'token')
  })

  test('of ten uses of one link at the same moment, one counts', async ({ assert }) => {
    expectData(await register(), 201)
    const token = await mailedToken(ADA, '/verify-email')
    const answers = await Promise.all(Array.from({ length: 10 }, () => verify(token)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(9).fill(409)])
  })

  test('no token is stored in clear, neither in its table nor in the job', async ({ assert }) => {
    expectData(await register(), 201)
    const token = await mailedToken(ADA, '/verify-email')
    const rows = await db.from('single_use_tokens')
    const { rows: jobs } = await db.rawQuery('SELECT * FROM pgboss.job')
    assert.isNotEmpty(jobs)
    assert.notInclude(JSON.stringify(rows, big) + JSON.stringify(jobs, big), token)

    function big(_: string, value: unknown) {
      return typeof value === 'bigint' ? String(value) : value
    }
  })

  test('a link expires, and one for another purpose does not do', async () => {
    expectData(await register(), 201)
    const token = await mailedToken(ADA, '/verify-email')
    const forReset = await aResetToken(ADA)
    expectProblem(await verify(forReset), 422)
    await db.from('single_use_tokens').update({ expires_at: db.raw('now()') })
    expectProblem(await verify(token), 422)
  })

  test('a new link can be asked for, and using one ends the others', async () => {
    const user = await aClient({ verified: false })
    expectData(await api(user).post('auth/verify-email/resend'), 202)
    const first = await mailedToken(user.email, '/verify-email')
    expectData(await api(user).post('auth/verify-email/resend'), 202)
    const second = await mailedToken(user.email, '/verify-email')
    expectData(await verify(first))
    expectProblem(await verify(second), 409, 'already_verified')
    expectProblem(await api(user).post('auth/verify-email/resend'), 409, 'already_verified')
  })

  test('a mailbox gets at most five links an hour', async ({ assert }) => {
    const user = await aClient({ verified: false })
    for (let i = 0; i < 8; i++) {
      expectData(await api(user).post('auth/verify-email/resend'), 202)
      await drain()
    }
    assert.lengthOf(await mailsTo(user.email), 5)
  })

  test('no mail is sent when registering fails', async ({ assert }) => {
    expectProblem(await register({ user_type: 'staff' }), 422)
    assert.isEmpty(await mailsTo(ADA))
  })

  test('a name cannot put markup into a mail', async ({ assert }) => {
    expectData(await register({ first_name: '<img src=x>' }), 201)
    const [mail] = await mailsTo(ADA)
    assert.notInclude(mail.html, '<img')
    assert.include(mail.text, 'Hello <img src=x>,')
  })

  test('who is not verified moves no money', async ({ assert }) => {
    assertVerified(await aClient())
    const user = await aClient({ verified: false })
    try {
      assertVerified(user)
      assert.fail('was let through')
    } catch (error) {
      assert.instanceOf(error, Problem)
      assert.include(error, { status: 403, code: 'email_not_verified' })
    }
  })
})

test.group('Resetting a password', (group) => {
  group.each.setup(async () => {
    await truncateAll()
    await emptyMailboxes()
    forgetTokens()
  })

  test('the mailed link sets a new password, and the owner is told', async ({ assert }) => {
    const { email } = await aClient()
    const token = await aResetToken(email)
    expectDone(await reset(token))
    expectProblem(await signIn(email, PASSWORD), 401, 'invalid_credentials')
    expectData(await signIn(email, NEW_PASSWORD))
    const mails = await mailsTo(email)
    assert.equal(mails.at(-1)!.subject, 'Your password was changed')
  })

  test('a new password signs out everywhere', async () => {
    const user = await aClient()
    await tokenOf(user)
    const { refresh_token: refreshToken } = expectData(await signIn(user.email, PASSWORD))
    await reset(await aResetToken(user.email))
    expectProblem(await api(user).get('users/profile'), 401)
    expectProblem(await api().post('auth/refresh', { refresh_token: refreshToken }), 401)
  })

  test('a link works once, and with it go the others', async ({ assert }) => {
    const { email } = await aClient()
    const [first, second] = [await aResetToken(email), await aResetToken(email)]
    assert.notEqual(first, second)
    expectDone(await reset(second))
    expectProblem(await reset(second, 'yet another passphrase'), 422)
    expectProblem(await reset(first, 'yet another passphrase'), 422)
    expectData(await signIn(email, NEW_PASSWORD))
  })

  test('asking tells nothing: the same answer for an address that nobody has, and no mail', async ({
    assert,
  }) => {
    const { email } = await aClient()
    const known = await ask(email)
    const unknown = await ask('nobody@example.com')
    const odd = await ask('not even an address')
    expectData(known, 202)
    assert.deepEqual(known.body, unknown.body)
    assert.deepEqual(known.body, odd.body)
    assert.equal(unknown.status, 202)
    assert.lengthOf(await mailsTo(email), 1)
    assert.isEmpty(await mailsTo('nobody@example.com'))
  })

  test('a refused password does not use up the link', async () => {
    const { email } = await aClient()
    const token = await aResetToken(email)
    expectProblem(await reset(token, 'short'), 422)
    await User.query().where('email', email).update({ email: 'long.address@example.com' })
    expectProblem(await reset(token, 'long.address@example.com'), 422)
    expectData(await signIn('long.address@example.com', PASSWORD))
    expectDone(await reset(token))
  })

  test('a sign-in with the old password at the moment of a reset leaves no session', async ({
    assert,
  }) => {
    const { email, id } = await aClient()
    const token = await aResetToken(email)
    const [signedIn, done] = await Promise.all([signIn(email, PASSWORD), reset(token)])
    assert.include([200, 401], signedIn.status)
    expectDone(done)
    assert.isEmpty(await db.from('sessions').where('user_id', id).whereNull('revoked_at'))
  })
})
