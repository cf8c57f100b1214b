import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import type User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { Authenticator, withAuthenticator } from '#tests/support/authenticator'
import { truncateAll } from '#tests/support/database'
import { emptyMailboxes, mailedToken, mailsTo } from '#tests/support/mailbox'
import { aClient, PASSWORD } from '#tests/support/users'

const login = (user: User, password = PASSWORD) =>
  api().post('auth/login', { email: user.email, password })
const verify = (challenge: string, given: object) =>
  api().post('auth/mfa/verify', { challenge, ...given })

async function aChallenge(user: User): Promise<string> {
  const { challenge, ...rest } = expectData(await login(user))
  if (rest.mfa_required !== true) throw new Error(`no code asked for: ${JSON.stringify(rest)}`)
  return challenge
}

/** As if so much time had passed since everything that was done with codes. */
const later = (interval: string) =>
  db.rawQuery('UPDATE mfa_authenticators SET wrong_since = wrong_since - ?::interval', [interval])

test.group('Codes from an authenticator app', (group) => {
  group.each.setup(async () => {
    await truncateAll()
    await emptyMailboxes()
  })

  test('an app is enrolled by its secret, its address or a picture, and counts with its first code', async ({
    assert,
  }) => {
    const user = await aClient()
    const answer = await api(user).post('auth/mfa/enroll', { password: PASSWORD })
    const { secret, otpauth_url: url, qr_code: picture } = expectData(answer, 201)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.match(url, /^otpauth:\/\/totp\/SafeSend:.*secret=/)
    assert.include(url, secret)
    assert.match(picture, /^data:image\/png;base64,/)
    assert.isFalse(expectData(await login(user)).mfa_required)
    assert.isFalse(expectData(await api(user).get('auth/mfa')).enabled)

    const app = new Authenticator(url)
    expectProblem(await api(user).post('auth/mfa/confirm', { code: app.wrongCode() }), 422)
    const { recovery_codes: codes } = expectData(
      await api(user).post('auth/mfa/confirm', { code: app.code() })
    )
    assert.lengthOf(new Set(codes) as any, 10)
    for (const code of codes) assert.match(code, /^([0-9a-z]{4}-){5}[0-9a-z]{4}$/)
    const status = expectData(await api(user).get('auth/mfa'))
    assert.include(status, { enabled: true, recovery_codes_left: 10 })
    assert.equal(
      (await mailsTo(user.email)).at(-1)!.subject,
      'Codes from your authenticator app are asked for now'
    )
  })

  test('signing in then takes a code, and gives no token before it', async ({ assert }) => {
    const user = await aClient()
    const { app } = await withAuthenticator(user)
    const answer = await login(user)
    assert.sameMembers(Object.keys(expectData(answer)), ['mfa_required', 'challenge', 'expires_in'])
    assert.equal(answer.headers.get('cache-control'), 'no-store')

    const signedIn = expectData(await verify(answer.data.challenge, { code: app.code() }))
    assert.isFalse(signedIn.mfa_required)
    const as = { headers: { authorization: `Bearer ${signedIn.access_token}` } }
    assert.equal(expectData(await api().get('users/profile', as)).id, user.id)
    expectData(await api().post('auth/refresh', { refresh_token: signedIn.refresh_token }))
  })

  test('a wrong password says what it says without an app', async ({ assert }) => {
    const user = await aClient()
    const before = expectProblem(await login(user, 'not the password'), 401)
    await withAuthenticator(user)
    const after = expectProblem(await login(user, 'not the password'), 401, 'invalid_credentials')
    assert.deepEqual({ ...after, request_id: '' }, { ...before, request_id: '' })
  })

  test('enrolling takes the password and a verified address', async ({ assert }) => {
    const user = await aClient()
    const without = expectProblem(await api(user).post('auth/mfa/enroll', {}), 422)
    assert.equal(without.errors[0].field, 'password')
    expectProblem(await api(user).post('auth/mfa/enroll', { password: 'not the password' }), 422)
    expectProblem(await api(user).post('auth/mfa/confirm', { code: '123456' }), 409)
    const squatter = await aClient({ verified: false })
    expectProblem(
      await api(squatter).post('auth/mfa/enroll', { password: PASSWORD }),
      403,
      'email_not_verified'
    )
    assert.isEmpty(await db.from('mfa_authenticators'))
  })

  test('who had signed in elsewhere without it is signed out', async () => {
    const user = await aClient()
    const elsewhere = expectData(await login(user))
    await withAuthenticator(user)
    const as = { headers: { authorization: `Bearer ${elsewhere.access_token}` } }
    expectProblem(await api().get('users/profile', as), 401)
    expectData(await api(user).get('users/profile'))
  })

  test('a code is taken once, the one that enrolled the app included', async ({ assert }) => {
    const user = await aClient()
    const { app } = await withAuthenticator(user)
    const code = app.code()
    expectProblem(await verify(await aChallenge(user), { code: app.code(-1) }), 401, 'invalid_code')
    expectData(await verify(await aChallenge(user), { code }))
    const again = await verify(await aChallenge(user), { code })
    assert.equal(expectProblem(again, 401, 'invalid_code').attempts_left, 4)
  })

  test('the step after is good, those further away are not', async () => {
    const user = await aClient()
    const { app } = await withAuthenticator(user)
    for (const steps of [-2, 2]) {
      expectProblem(await verify(await aChallenge(user), { code: app.code(steps) }), 401)
    }
    expectData(await verify(await aChallenge(user), { code: app.code(1) }))
  })

  test('of many who give the same code at the same moment, one gets in', async ({ assert }) => {
    const user = await aClient()
    const { app } = await withAuthenticator(user)
    const code = app.code()
    const challenges = await Promise.all(Array.from({ length: 6 }, () => aChallenge(user)))
    const answers = await Promise.all(challenges.map((challenge) => verify(challenge, { code })))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(5).fill(401)])
  })

  test('a challenge is good once, for five minutes, and for its user', async () => {
    const user = await aClient()
    const other = await aClient()
    const { app } = await withAuthenticator(user)
    const { app: otherApp } = await withAuthenticator(other)
    const challenge = await aChallenge(user)
    expectProblem(await verify(challenge, { code: otherApp.code() }), 401, 'invalid_code')
    expectData(await verify(challenge, { code: app.code() }))
    expectProblem(await verify(challenge, { code: app.code(1) }), 401, 'invalid_challenge')

    const late = await aChallenge(user)
    await db.from('mfa_challenges').update({ expires_at: db.raw('now()') })
    expectProblem(await verify(late, { code: app.code(1) }), 401, 'invalid_challenge')
    expectProblem(await verify('never given out', { code: '123456' }), 401, 'invalid_challenge')
  })

  test('five wrong codes end a challenge, also at the same moment, and the owner is told', async ({
    assert,
  }) => {
    const user = await aClient()
    const { app } = await withAuthenticator(user)
    const challenge = await aChallenge(user)
    const answers = await Promise.all(
      Array.from({ length: 9 }, () => verify(challenge, { code: app.wrongCode() }))
    )
    const codes = answers.map(({ body }) => body.code).sort()
    assert.deepEqual(codes, [
      ...Array(4).fill('invalid_challenge'),
      ...Array(5).fill('invalid_code'),
    ])
    expectProblem(await verify(challenge, { code: app.code() }), 401, 'invalid_challenge')
    const mails = await mailsTo(user.email)
    assert.equal(mails.at(-1)!.subject, 'Somebody tried to sign in to your account')
  })

  test('new challenges bring no new guesses: eight wrong codes an hour, then only a recovery code', async ({
    assert,
  }) => {
    const user = await aClient()
    const { app, recoveryCodes } = await withAuthenticator(user)
    for (let n = 0; n < 8; n++) {
      expectProblem(await verify(await aChallenge(user), { code: app.wrongCode() }), 401)
    }
    const blocked = await aChallenge(user)
    const refused = await verify(blocked, { code: app.code() })
    expectProblem(refused, 429, 'too_many_codes')
    assert.closeTo(Number(refused.headers.get('retry-after')), 3600, 60)
    expectData(await verify(blocked, { recovery_code: recoveryCodes[0] }))
    await later('61 minutes')
    expectData(await verify(await aChallenge(user), { code: app.code() }))
  })

  test('a recovery code works once, however it is typed, and its use is told', async ({
    assert,
  }) => {
    const user = await aClient()
    const { recoveryCodes } = await withAuthenticator(user)
    const [first, second] = recoveryCodes
    const typed = ` ${first.toUpperCase().replaceAll('-', ' ')}`
    expectData(await verify(await aChallenge(user), { recovery_code: typed }))
    expectProblem(await verify(await aChallenge(user), { recovery_code: first }), 401)
    const challenges = [await aChallenge(user), await aChallenge(user)]
    const answers = await Promise.all(
      challenges.map((challenge) => verify(challenge, { recovery_code: second }))
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401])
    assert.equal(expectData(await api(user).get('auth/mfa')).recovery_codes_left, 8)
    const used = (await mailsTo(user.email)).filter(
      ({ subject }) => subject === 'A recovery code was used'
    )
    assert.lengthOf(used, 2)
  })

  test('recovery codes of another user do not help', async () => {
    const user = await aClient()
    await withAuthenticator(user)
    const { recoveryCodes } = await withAuthenticator(await aClient())
    expectProblem(await verify(await aChallenge(user), { recovery_code: recoveryCodes[0] }), 401)
  })

  test('neither secret nor codes nor challenges are stored in clear', async ({ assert }) => {
    const user = await aClient()
    const enrollment = expectData(
      await api(user).post('auth/mfa/enroll', { password: PASSWORD }),
      201
    )
    const app = new Authenticator(enrollment.otpauth_url)
    const { recovery_codes: codes } = expectData(
      await api(user).post('auth/mfa/confirm', { code: app.code() })
    )
    const challenge = await aChallenge(user)
    const tables = await Promise.all(
      ['mfa_authenticators', 'mfa_recovery_codes', 'mfa_challenges'].map((table) => db.from(table))
    )
    const stored = JSON.stringify(tables, (_, value) =>
      typeof value === 'bigint' ? String(value) : value
    )
    for (const secret of [enrollment.secret, challenge, ...codes]) {
      assert.notInclude(stored, secret)
      assert.notInclude(stored, secret.replaceAll('-', ''))
    }
  })

  test('a secret moved to the row of another user is of no use there; recovery codes need none', async () => {
    const thief = await aClient()
    const victim = await aClient()
    const { app } = await withAuthenticator(thief)
    const { recoveryCodes } = await withAuthenticator(victim)
    const { secret } = await db.from('mfa_authenticators').where('user_id', thief.id).firstOrFail()
    await db.from('mfa_authenticators').where('user_id', victim.id).update({ secret })
    expectProblem(
      await verify(await aChallenge(victim), { code: app.code() }),
      503,
      'mfa_unavailable'
    )
    expectData(await verify(await aChallenge(victim), { recovery_code: recoveryCodes[0] }))
  })

  test('a reset of the password does not get around it', async () => {
    const user = await aClient()
    const { app } = await withAuthenticator(user)
    const half = await aChallenge(user)
    await api().post('auth/reset-password', { email: user.email })
    const token = await mailedToken(user.email, '/reset-password')
    const password = 'another good passphrase'
    await api().post('auth/reset-password', { token, password })
    // What was begun with the old password cannot be completed.
    expectProblem(await verify(half, { code: app.code() }), 401, 'invalid_challenge')
    const { mfa_required: required, challenge } = expectData(await login(user, password))
    if (!required) throw new Error('signed in without a code')
    expectData(await verify(challenge, { code: app.code() }))
  })

  test('it is disabled with password and code, and not with less', async ({ assert }) => {
    const user = await aClient()
    const { app } = await withAuthenticator(user)
    const disable = (body: object) => api(user).post('auth/mfa/disable', body)
    expectProblem(await disable({ code: app.code() }), 422)
    expectProblem(await disable({ password: PASSWORD }), 422)
    expectProblem(await disable({ password: 'not the password', code: app.code() }), 422)
    const wrong = expectProblem(await disable({ password: PASSWORD, code: app.wrongCode() }), 422)
    assert.equal(wrong.errors[0].field, 'code')
    const half = await aChallenge(user)
    assert.equal((await disable({ password: PASSWORD, code: app.code() })).status, 204)

    assert.isFalse(expectData(await login(user)).mfa_required)
    expectProblem(await verify(half, { code: app.code(1) }), 401, 'invalid_challenge')
    expectProblem(await disable({ password: PASSWORD, code: app.code(1) }), 409, 'mfa_not_enabled')
    assert.isEmpty(await db.from('mfa_recovery_codes'))
  })

  test('guessing a code to disable it is limited like guessing one to sign in', async () => {
    const user = await aClient()
    const { app } = await withAuthenticator(user)
    const disable = (code: string) =>
      api(user).post('auth/mfa/disable', { password: PASSWORD, code })
    for (let n = 0; n < 8; n++) expectProblem(await disable(app.wrongCode()), 422)
    expectProblem(await disable(app.code()), 429, 'too_many_codes')
    expectProblem(await verify(await aChallenge(user), { code: app.code() }), 429)
  })

  test('an app that is in force is not replaced in passing', async () => {
    const user = await aClient()
    await withAuthenticator(user)
    expectProblem(
      await api(user).post('auth/mfa/enroll', { password: PASSWORD }),
      409,
      'mfa_enabled'
    )
    expectProblem(await api(user).post('auth/mfa/confirm', { code: '123456' }), 409, 'mfa_enabled')
  })

  test('recovery codes are replaced: the new ones work, the old ones do not', async () => {
    const user = await aClient()
    const { app, recoveryCodes } = await withAuthenticator(user)
    const { recovery_codes: fresh } = expectData(
      await api(user).post('auth/mfa/recovery-codes', { password: PASSWORD, code: app.code() })
    )
    expectProblem(await verify(await aChallenge(user), { recovery_code: recoveryCodes[3] }), 401)
    expectData(await verify(await aChallenge(user), { recovery_code: fresh[3] }))
  })
})
