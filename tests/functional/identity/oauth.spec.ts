import { createHash, randomBytes } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { setVariable } from '#tests/support/environment'
import { changeSetting } from '#escrow/settings'
import User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { withAuthenticator } from '#tests/support/authenticator'
import { truncateAll } from '#tests/support/database'
import { emptyMailboxes, mailedToken, mailsTo } from '#tests/support/mailbox'
import { aPerson, Browser, OauthProviderServer } from '#tests/support/oauth_provider'
import { aClient, aFreelancer, PASSWORD, tokenOf } from '#tests/support/users'

const provider = new OauthProviderServer()

const exchange = (code: string, more: object = {}) =>
  api().post('auth/oauth/exchange', { code, ...more })

async function aCode(at: 'google' | 'github' = 'google'): Promise<string> {
  const { code, error } = await new Browser().signInWith(at)
  if (!code) throw new Error(`came back with ${error}`)
  return code
}

/** The person at the provider has an account here that was made by it. */
async function anOauthAccount(at: 'google' | 'github' = 'google'): Promise<User> {
  const { user } = expectData(await exchange(await aCode(at), { user_type: 'client' }))
  return User.findOrFail(user.id)
}

const noPasswordSignIn = (email: string) => api().post('auth/login', { email, password: PASSWORD })

test.group('Signing in with Google and GitHub', (group) => {
  group.setup(() => provider.start())
  group.each.setup(async () => {
    await truncateAll()
    await emptyMailboxes()
    provider.reset()
  })

  for (const at of ['google', 'github'] as const) {
    test(`who is new gets an account by ${at}, and the next time is signed in to it`, async ({
      assert,
    }) => {
      const { email } = provider.person
      const came = await new Browser().signInWith(at)
      assert.equal(came.provider, at)
      const signedIn = expectData(await exchange(came.code, { user_type: 'freelancer' }))
      assert.isFalse(signedIn.mfa_required)
      assert.include(signedIn.user, { email, user_type: 'freelancer', is_verified: true })
      assert.equal(`${signedIn.user.first_name} ${signedIn.user.last_name}`.trim(), 'Grace Hopper')
      const as = { headers: { authorization: `Bearer ${signedIn.access_token}` } }
      assert.equal(expectData(await api().get('users/profile', as)).bio, '')

      provider.person.email = 'has.moved@example.com'
      const again = expectData(await exchange(await aCode(at)))
      assert.equal(again.user.id, signedIn.user.id)
      assert.equal(again.user.email, email)
      const [identity] = expectData(await api().get('auth/identities', as))
      assert.include(identity, { provider: at, email })
    })
  }

  test('who is new chooses the kind of account first; the code stays good for it', async ({
    assert,
  }) => {
    const code = await aCode()
    const problem = expectProblem(await exchange(code), 422, 'user_type_required')
    assert.equal(problem.errors[0].field, 'user_type')
    assert.equal(problem.email, provider.person.email)
    assert.isEmpty(await User.all())
    expectData(await exchange(code, { user_type: 'client' }))
  })

  test('an account made this way accepts the terms in force, and none other', async ({
    assert,
  }) => {
    await db.transaction((trx) => changeSetting(trx, 'terms_version', '2027-02-01', 'operator'))
    const code = await aCode()
    const old = { user_type: 'client', terms_version: '2026-11-01' }
    expectProblem(await exchange(code, old), 422, 'terms_not_in_force')
    assert.isEmpty(await User.all())
    expectData(await exchange(code, { user_type: 'client', terms_version: '2027-02-01' }))
    const row = await db.from('terms_acceptances').firstOrFail()
    assert.include(row, { version: '2027-02-01', context: 'registration' })
  })

  test('a code works once, also for many at the same moment, and for ten minutes', async ({
    assert,
  }) => {
    const code = await aCode()
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => exchange(code, { user_type: 'client' }))
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(5).fill(401)])
    expectProblem(await exchange(code), 401, 'invalid_oauth_code')
    assert.lengthOf(await User.all(), 1)

    const late = await aCode()
    await db.from('oauth_handovers').update({ expires_at: db.raw('now()') })
    expectProblem(await exchange(late), 401, 'invalid_oauth_code')
    expectProblem(await exchange('never given out'), 401, 'invalid_oauth_code')
    assert.notInclude(JSON.stringify(await db.from('oauth_handovers')), code)
  })

  test('two codes of one new person at the same moment make one account', async ({ assert }) => {
    const codes = [await aCode(), await aCode(), await aCode()]
    const answers = await Promise.all(codes.map((code) => exchange(code, { user_type: 'client' })))
    assert.lengthOf(await User.all(), 1)
    assert.lengthOf(await db.from('identities'), 1)
    for (const answer of answers) expectData(answer)
  })

  test('the state must be that of this browser, of this provider, of now, and is used up', async ({
    assert,
  }) => {
    const invalid = { error: 'invalid_state', provider: 'google' }
    const victim = new Browser()
    const attacker = new Browser()
    const callback = await attacker.leaveFor('google')
    // Login CSRF: the victim's browser has begun nothing, or something else.
    assert.deepEqual(await victim.comeBack(callback), invalid)
    await victim.leaveFor('google')
    assert.deepEqual(await victim.comeBack(callback), invalid)

    const without = new URL(await victim.leaveFor('google'))
    without.searchParams.delete('state')
    assert.deepEqual(await victim.comeBack(without.href), invalid)
    assert.deepEqual(await new Browser().comeBack(without.href), invalid)
    const doubled = await victim.leaveFor('google')
    assert.deepEqual(await victim.comeBack(`${doubled}&state=x`), invalid)

    const other = (await victim.leaveFor('github')).replace('/github/', '/google/')
    assert.deepEqual(await victim.comeBack(other), invalid)

    const mine = await victim.leaveFor('google')
    assert.isString((await victim.comeBack(mine)).code)
    assert.deepEqual(await victim.comeBack(mine), invalid)
    assert.lengthOf(await db.from('oauth_handovers'), 1)
  })

  test('the state is in a cookie that scripts and other sites do not get, and says nothing', async ({
    assert,
  }) => {
    const browser = new Browser()
    const left = await browser.get('/api/auth/oauth/google')
    const cookie = left.headers.getSetCookie().find((each) => each.startsWith('oauth_google='))!
    assert.match(cookie, /HttpOnly/i)
    assert.match(cookie, /SameSite=Lax/i)
    assert.match(cookie, /Max-Age=600/i)
    const state = new URL(left.headers.get('location')!).searchParams.get('state')!
    assert.isAbove(state.length, 40)
    assert.notInclude(decodeURIComponent(cookie), state)
    assert.equal(left.headers.get('cache-control'), 'no-store')
    // A cookie of one's own making.
    browser.cookies.set('oauth_google', JSON.stringify({ state, verifier: 'x'.repeat(43) }))
    const callback = `/api/auth/oauth/google/callback?state=${state}&code=x`
    assert.equal((await browser.comeBack(callback)).error, 'invalid_state')
  })

  test('a callback that comes twice brings nothing, with the cookie kept or not', async ({
    assert,
  }) => {
    for (const at of ['google', 'github'] as const) {
      const browser = new Browser()
      const callback = await browser.leaveFor(at)
      const kept = new Map(browser.cookies)
      assert.isString((await browser.comeBack(callback)).code)
      browser.cookies = kept
      assert.equal((await browser.comeBack(callback)).error, 'provider_failed')
    }
  })

  test('an address that the provider has not verified signs nobody in', async ({ assert }) => {
    const owner = await aClient()
    for (const at of ['google', 'github'] as const) {
      provider.person = aPerson({ email: owner.email, verified: false })
      const came = await new Browser().signInWith(at)
      assert.deepEqual(came, { error: 'email_not_verified', provider: at })
      provider.person = aPerson({ email: 'no address' })
      assert.equal((await new Browser().signInWith(at)).error, 'email_not_verified')
    }
    assert.isEmpty(await db.from('oauth_handovers'))
  })

  test('who presses Cancel comes back with that', async ({ assert }) => {
    provider.denies = true
    const came = await new Browser().signInWith('github')
    assert.deepEqual(came, { error: 'access_denied', provider: 'github' })
  })

  test('a provider that fails, talks rubbish or says nothing is an error for the frontend', async ({
    assert,
  }) => {
    for (const at of ['google', 'github'] as const) {
      for (const endpoint of ['token', 'user', ...(at === 'github' ? ['emails'] : [])] as const) {
        for (const how of ['status', 'garbage', 'null', 'silence'] as const) {
          provider.failure = { at: endpoint as 'token', with: how }
          const came = await new Browser().signInWith(at)
          assert.deepEqual(came, { error: 'provider_failed', provider: at }, `${endpoint} ${how}`)
        }
      }
      provider.failure = null
      provider.person = aPerson({ id: at === 'google' ? '' : 'none' })
      assert.notExists((await new Browser().signInWith(at)).code)
      const browser = new Browser()
      const callback = new URL(await browser.leaveFor(at))
      callback.searchParams.delete('code')
      assert.equal((await browser.comeBack(callback.href)).error, 'provider_failed')
    }
    assert.isEmpty(await db.from('oauth_handovers'))
  })

  test('what cannot be kept of somebody, or a failure of ours, leads back to the frontend, too', async ({
    assert,
    cleanup,
  }) => {
    provider.person = aPerson({ id: 'a\u0000b' })
    const failed = { error: 'provider_failed', provider: 'google' }
    assert.deepEqual(await new Browser().signInWith('google'), failed)
    provider.person = aPerson({ id: 'half \ud83d' })
    assert.deepEqual(await new Browser().signInWith('google'), failed)
    provider.person = aPerson({ email: '"victim@victim.com"@evil.com' })
    const { error } = await new Browser().signInWith('github')
    assert.equal(error, 'email_not_verified')
    assert.isEmpty(await db.from('oauth_handovers'))

    provider.person = aPerson({ name: 'Gr\u202eace\r\u0000 www.evil.com' })
    const { code } = await new Browser().signInWith('google')
    const { user } = expectData(await exchange(code, { user_type: 'client' }))
    assert.deepEqual([user.first_name, user.last_name], ['Gr ace', ''])

    await db.rawQuery('ALTER TABLE oauth_handovers RENAME TO oauth_handovers_away')
    cleanup(() =>
      db.rawQuery('ALTER TABLE IF EXISTS oauth_handovers_away RENAME TO oauth_handovers')
    )
    const ours = await new Browser().signInWith('google')
    assert.deepEqual(ours, { error: 'internal_error', provider: 'google' })
  })

  test('an account that has the address is not touched before it has confirmed', async ({
    assert,
  }) => {
    const owner = await aClient()
    provider.person.email = owner.email
    const code = await aCode()
    for (const more of [{}, { user_type: 'client' }, { user_type: 'freelancer' }]) {
      const problem = expectProblem(await exchange(code, more), 409, 'link_required')
      assert.equal(problem.email, owner.email)
    }
    assert.isEmpty(await db.from('identities'))
    assert.isEmpty(await db.from('sessions'))

    const linked = expectData(await api(owner).post('auth/oauth/link/confirm', { code }), 201)
    assert.include(linked, { provider: 'google', email: owner.email })
    assert.equal(expectData(await exchange(await aCode())).user.id, owner.id)
    expectData(await noPasswordSignIn(owner.email))
    const mail = (await mailsTo(owner.email)).at(-1)!
    assert.equal(mail.subject, 'Another way to sign in to your account')
    assert.include(mail.text, `Google (${owner.email})`)
  })

  test('nobody links an identity to an account with another address, or without a session', async ({
    assert,
  }) => {
    const victim = await aClient()
    const code = await aCode()
    expectProblem(await api().post('auth/oauth/link/confirm', { code }), 401)
    expectProblem(await api(victim).post('auth/oauth/link/confirm', { code }), 403, 'other_address')
    assert.isEmpty(await db.from('identities'))
  })

  test('an identity that signs somebody in is not linked to somebody else', async () => {
    const first = await anOauthAccount()
    await db.from('users').where('id', first.id).update({ email: 'moved@example.com' })
    const second = await aFreelancer()
    await db.from('users').where('id', second.id).update({ email: first.email })
    const code = await aCode()
    const owner = await User.findOrFail(second.id)
    expectProblem(await api(owner).post('auth/oauth/link/confirm', { code }), 409, 'identity_taken')
  })

  test('linking at the same moment links once', async ({ assert }) => {
    const owner = await aClient()
    provider.person.email = owner.email
    const code = await aCode()
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => api(owner).post('auth/oauth/link/confirm', { code }))
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 401, 401, 401])
    assert.lengthOf(await db.from('identities'), 1)
  })

  test('a frontend that began with a challenge takes only its own codes', async ({ assert }) => {
    const verifier = randomBytes(32).toString('base64url')
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const { code } = await new Browser().signInWith('google', `?code_challenge=${challenge}`)
    const more = { user_type: 'client' }
    expectProblem(await exchange(code, more), 401, 'invalid_oauth_code')
    const wrong = { ...more, code_verifier: randomBytes(32).toString('base64url') }
    expectProblem(await exchange(code, wrong), 401, 'invalid_oauth_code')
    // The code of a sign-in that somebody else has begun, put into the address of this frontend.
    const foreign = await aCode()
    expectProblem(await exchange(foreign, { ...more, code_verifier: verifier }), 401)
    expectData(await exchange(code, { ...more, code_verifier: verifier }))
    const odd = await api().get('auth/oauth/google', { query: { code_challenge: 'short' } })
    assert.equal(expectProblem(odd, 422).errors[0].field, 'code_challenge')
  })

  test('who has an authenticator app is asked for its code here, too', async ({ assert }) => {
    const user = await anOauthAccount()
    // Without a password to ask for, a sign-in of just now must do.
    await tokenOf(user)
    await db.from('sessions').update({ created_at: db.raw("now() - interval '11 minutes'") })
    expectProblem(await api(user).post('auth/mfa/enroll', {}), 403, 'sign_in_again')
    await db.from('sessions').update({ created_at: db.raw('now()') })
    const { app } = await withAuthenticator(user, null)
    const result = expectData(await exchange(await aCode()))
    assert.isTrue(result.mfa_required)
    assert.notExists(result.access_token)
    const given = { challenge: result.challenge, code: app.code() }
    assert.equal(expectData(await api().post('auth/mfa/verify', given)).user.id, user.id)
  })

  test('an account without a password refuses every password as a wrong one, in the same time', async ({
    assert,
  }) => {
    const user = await anOauthAccount()
    const other = await aClient()
    const wrong = expectProblem(
      await api().post('auth/login', { email: other.email, password: 'not the password' }),
      401
    )
    const none = expectProblem(await noPasswordSignIn(user.email), 401, 'invalid_credentials')
    assert.deepEqual({ ...none, request_id: '' }, { ...wrong, request_id: '' })
    // The quickest of several in turn: what else the machine does only ever makes one slower.
    const quickest = new Map([user.email, other.email].map((email) => [email, Infinity]))
    for (let round = 0; round < 7; round++) {
      for (const [email, so] of quickest) {
        const start = performance.now()
        await api().post('auth/login', { email, password: 'not the password' })
        quickest.set(email, Math.min(so, performance.now() - start))
      }
    }
    assert.isAbove(quickest.get(user.email)!, quickest.get(other.email)! * 0.5)
    expectProblem(
      await api(user).post('auth/change-password', {
        current_password: PASSWORD,
        password: 'another good passphrase',
      }),
      409,
      'no_password'
    )
  })

  test('a reset gives such an account a password', async () => {
    const user = await anOauthAccount()
    await api().post('auth/reset-password', { email: user.email })
    const token = await mailedToken(user.email, '/reset-password')
    await api().post('auth/reset-password', { token, password: PASSWORD })
    expectData(await noPasswordSignIn(user.email))
    expectData(await exchange(await aCode()))
  })

  test('a linked identity is unlinked, but not the last way to sign in', async ({ assert }) => {
    const user = await anOauthAccount()
    const [identity] = expectData(await api(user).get('auth/identities'))
    const unlink = () => api(user).delete(`auth/identities/${identity.id}`)
    expectProblem(await unlink(), 409, 'last_sign_in')
    expectProblem(await api(await aClient()).delete(`auth/identities/${identity.id}`), 404)

    // GitHub as well; then one of the two, but not both at the same moment.
    provider.person = aPerson({ email: user.email })
    const code = await aCode('github')
    expectProblem(await exchange(code), 409, 'link_required')
    const github = expectData(await api(user).post('auth/oauth/link/confirm', { code }), 201)
    const answers = await Promise.all([unlink(), api(user).delete(`auth/identities/${github.id}`)])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 409])
    assert.lengthOf(await db.from('identities'), 1)
    const subjects = (await mailsTo(user.email)).map(({ subject }) => subject)
    assert.include(subjects, 'A way to sign in to your account was removed')
  })

  test('an unlinked identity signs nobody in', async () => {
    const owner = await aClient()
    provider.person.email = owner.email
    const linked = await aCode()
    const { id } = expectData(
      await api(owner).post('auth/oauth/link/confirm', { code: linked }),
      201
    )
    const code = await aCode()
    await api(owner).delete(`auth/identities/${id}`)
    expectProblem(await exchange(code), 409, 'link_required')
  })

  test('only providers that are set up are offered', async ({ assert }) => {
    assert.deepEqual(expectData(await api().get('auth/oauth')).providers, ['google', 'github'])
    setVariable('GITHUB_CLIENT_ID', '')
    try {
      assert.deepEqual(expectData(await api().get('auth/oauth')).providers, ['google'])
      expectProblem(await api().get('auth/oauth/github'), 404, 'provider_not_offered')
      expectProblem(await api().get('auth/oauth/github/callback'), 404, 'provider_not_offered')
    } finally {
      setVariable('GITHUB_CLIENT_ID', 'safesend-client')
    }
    expectProblem(await api().get('auth/oauth/facebook'), 404, 'route_not_found')
  })
})
