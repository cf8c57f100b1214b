import { mock } from 'node:test'
import hash from '@adonisjs/core/services/hash'
import { test } from '@japa/runner'
import { HttpContextFactory } from '@adonisjs/core/factories/http'
import env from '#start/env'
import { RULES } from '#start/limiter'
import { limitRequests } from '#middleware/limit_requests'
import { forgetCertificates } from '#payments/paypal/certificates'
import type User from '#models/user'
import { inTransaction } from '#database/transaction'
import { startSession } from '#identity/sessions'
import { resetAll } from '#tests/support/database'
import { callFrom, inSeconds, scaleLimits, useRealLimits, type Call } from '#tests/support/limits'
import { sandbox } from '#tests/support/sandbox'
import { aClient, PASSWORD, tokenOf } from '#tests/support/users'

type Answer = Awaited<ReturnType<typeof callFrom>>

const login = (email: string, more: Partial<Call> = {}, password = 'not this one, sorry') =>
  callFrom({ method: 'POST', path: '/api/auth/login', body: { email, password }, ...more })

const as = async (user: User) => ({ authorization: `Bearer ${await tokenOf(user)}` })

async function statuses(times: number, call: (number: number) => Promise<Answer>) {
  const answers: number[] = []
  for (let n = 0; n < times; n++) answers.push((await call(n)).status)
  return answers
}

/** Who asks for this a whole office's worth of times. */
const repeated = <T>(times: number, value: T) => Array.from({ length: times }, () => value)

function assertRefused(assert: any, { status, headers, body }: Answer, window: number): void {
  assert.equal(status, 429)
  assert.equal(headers['content-type'], 'application/problem+json')
  assert.equal(body.code, 'too_many_requests')
  const seconds = Number(headers['retry-after'])
  assert.isTrue(seconds >= 1 && seconds <= window, `Retry-After: ${headers['retry-after']}`)
  assert.equal(body.retry_after, seconds)
  assert.equal(headers['x-ratelimit-remaining'], '0')
  assert.equal(headers['x-ratelimit-reset'], String(seconds))
}

test.group('How often a client may sign in', (group) => {
  group.each.setup(resetAll)
  useRealLimits(group)

  test('from one place at one address: ten times in a quarter of an hour, then after it again', async ({
    assert,
  }) => {
    const { email } = await aClient()
    assert.deepEqual(await statuses(10, () => login(email)), repeated(10, 401))
    const refused = await login(email, {}, PASSWORD)
    assertRefused(assert, refused, 900)
    const wait = Number(refused.headers['retry-after'])
    const answer = await inSeconds(wait, () => login(email, {}, PASSWORD))
    assert.equal(answer.status, 200)
  })

  test('a flood of sign-ins from two networks leaves everybody else a way in', async ({
    assert,
  }) => {
    const { email } = await aClient()
    const flood = Array.from({ length: 110 }, (_, n) =>
      login(`nobody${n}@example.com`, { from: `127.0.7.${(n % 2) + 1}` })
    )
    const others = Array.from({ length: 10 }, (_, n) =>
      login(email, { from: `127.0.8.${n + 1}` }, PASSWORD)
    )
    assert.deepEqual(
      (await Promise.all(others)).map(({ status }) => status),
      repeated(10, 200)
    )
    const answers = await Promise.all(flood)
    const busy = answers.filter(({ status }) => status === 503)
    assert.isAbove(busy.length, 30)
    for (const { body, headers } of busy) {
      assert.equal(body.code, 'busy')
      assert.equal(headers['retry-after'], '3')
    }
    assert.lengthOf(
      answers.filter(({ status }) => status === 401),
      110 - busy.length
    )
  })

  test('the eleventh costs no look at a password', async ({ assert, cleanup }) => {
    const { email } = await aClient()
    const verify = mock.method(hash, 'verify')
    cleanup(() => verify.mock.restore())
    await statuses(15, () => login(email))
    assert.equal(verify.mock.callCount(), 10)
  })

  test('the same address written otherwise counts as the same', async ({ assert }) => {
    const { email } = await aClient()
    await statuses(5, () => login(email))
    await statuses(5, () => login(` ${email.toUpperCase()}\t`))
    assert.equal((await login(email)).status, 429)
  })

  test('an address that nobody has is refused in the same words, with the same headers', async ({
    assert,
  }) => {
    const { email } = await aClient()
    const last = async (address: string, from: string) => {
      await statuses(10, () => login(address, { from }))
      const { status, headers, body } = await login(address, { from })
      const shown = { ...headers, 'date': undefined, 'x-request-id': undefined }
      return { status, problem: { ...body, request_id: undefined }, headers: shown }
    }
    const [known, unknown] = [
      await last(email, '127.0.0.2'),
      await last('nobody@example.com', '127.0.0.3'),
    ]
    // Their windows began a moment apart.
    const text = (answer: object) =>
      JSON.stringify(answer).replaceAll(/\b(900|899|898|897)\b/g, 'N')
    assert.equal(text(known), text(unknown))
    assert.equal(known.status, 429)
  })

  test('whoever guesses from one place locks out only that place', async ({ assert }) => {
    const { email } = await aClient()
    assert.include(await statuses(30, () => login(email, { from: '127.0.0.2' })), 429)
    assert.equal((await login(email, { from: '127.0.0.3' }, PASSWORD)).status, 200)
  })

  test('from many places at one address: a hundred times an hour, known or not', async ({
    assert,
  }) => {
    await scaleLimits(0.1)
    const { email } = await aClient()
    for (const address of [email, 'nobody@example.com']) {
      const from = (n: number) => `127.0.${address === email ? 1 : 2}.${n + 1}`
      const tries = await statuses(10, (n) => login(address, { from: from(n) }))
      assert.deepEqual(tries, repeated(10, 401))
      const refused = await login(address, { from: from(11) }, PASSWORD)
      assertRefused(assert, refused, 3600)
    }
  })

  test('the owner is let in where they have been before, however many others try', async ({
    assert,
  }) => {
    await scaleLimits(0.1)
    const owner = await aClient()
    const home = '127.0.3.1'
    await inTransaction((trx) => startSession(trx, owner, { ip: home }))
    await statuses(20, (n) => login(owner.email, { from: `127.0.1.${n + 1}` }))
    assert.equal((await login(owner.email, { from: '127.0.3.2' }, PASSWORD)).status, 429)
    assert.equal((await login(owner.email, { from: home }, PASSWORD)).status, 200)
    assert.equal((await login(owner.email, { from: home })).status, 429, 'but not to guess on')
  })

  test('to have been there as somebody else does not help', async ({ assert }) => {
    await scaleLimits(0.1)
    const [owner, thief] = [await aClient(), await aClient()]
    await inTransaction((trx) => startSession(trx, thief, { ip: '127.0.3.1' }))
    await statuses(20, (n) => login(owner.email, { from: `127.0.1.${n + 1}` }))
    assert.equal((await login(owner.email, { from: '127.0.3.1' })).status, 429)
  })

  test('one place tries sixty addresses in five minutes, and no more', async ({ assert }) => {
    // Without a password: refused as it is, and counted.
    const attempt = (n: number) =>
      callFrom({
        method: 'POST',
        path: '/api/auth/login',
        body: { email: `person${n}@example.com` },
        headers: { 'x-forwarded-for': `203.0.113.${n}`, 'x-real-ip': `203.0.113.${n}` },
      })
    assert.deepEqual(await statuses(60, attempt), repeated(60, 422))
    assertRefused(assert, await attempt(60), 300)
  })

  test('what is refused for its place is not held against the address', async ({ assert }) => {
    await scaleLimits(0.1)
    const { email } = await aClient()
    await statuses(6, (n) => login(`person${n}@example.com`, { from: '127.0.0.2' }))
    assert.deepEqual(
      await statuses(50, () => login(email, { from: '127.0.0.2' })),
      repeated(50, 429)
    )
    assert.equal((await login(email, { from: '127.0.0.3' }, PASSWORD)).status, 200)
  })
})

test.group('Limits', (group) => {
  group.each.setup(resetAll)
  useRealLimits(group)

  test('no mail bombs: ten links an hour for an address, whoever asks, whether or not it exists', async ({
    assert,
  }) => {
    const { email } = await aClient()
    for (const address of [email, 'nobody@example.com']) {
      const ask = (n: number) =>
        callFrom({
          method: 'POST',
          path: '/api/auth/reset-password',
          body: { email: address },
          from: `127.0.${address === email ? 1 : 2}.${Math.floor(n / 4) + 1}`,
        })
      assert.deepEqual(await statuses(10, ask), repeated(10, 202))
      assertRefused(assert, await ask(12), 3600)
    }
  })

  test('count per account wherever it calls from, and leave other accounts alone', async ({
    assert,
  }) => {
    const [one, other] = [await aClient(), await aClient()]
    const quote = async (user: User, from: string) =>
      callFrom({ path: '/api/payments/quote?amount=1.00', headers: await as(user), from })
    const answers = await statuses(120, (n) => quote(one, `127.0.0.${(n % 5) + 2}`))
    assert.notInclude(answers, 429)
    assertRefused(assert, await quote(one, '127.0.0.9'), 60)
    assert.notEqual((await quote(other, '127.0.0.9')).status, 429)
  })

  test('count per place whichever account calls from it', async ({ assert }) => {
    await scaleLimits(0.1)
    const users = await Promise.all(Array.from({ length: 7 }, () => aClient()))
    const resend = async (n: number, from: string) =>
      callFrom({
        method: 'POST',
        path: '/api/auth/verify-email/resend',
        headers: await as(users[n]),
        from,
      })
    const answers = await statuses(6, (n) => resend(n, '127.0.0.2'))
    assert.deepEqual(answers, repeated(6, 409))
    assertRefused(assert, await resend(6, '127.0.0.2'), 3600)
    assert.equal((await resend(6, '127.0.0.3')).status, 409)
  })

  test('of the whole API hold for all that is asked together, per place and per account', async ({
    assert,
  }) => {
    await scaleLimits(0.01)
    const user = await aClient()
    const paths = ['/api/users/profile', '/api/projects', '/api/payments/quote']
    const ask = async (n: number, from: string, headers?: Record<string, string>) =>
      callFrom({ path: paths[n % 3], headers, from })
    const headers = await as(user)
    // Six per account, from wherever.
    const served = await statuses(6, (n) => ask(n, `127.0.0.${n + 2}`, headers))
    assert.deepEqual(served, [200, 200, 422, 200, 200, 422])
    assertRefused(assert, await ask(0, '127.0.0.9', headers), 60)
    // Twelve per place, before anybody has looked who it is.
    assert.deepEqual(await statuses(12, (n) => ask(n, '127.0.1.1')), repeated(12, 401))
    assertRefused(assert, await ask(0, '127.0.1.1', headers), 60)
  })

  test('say with every answer what is left', async ({ assert }) => {
    const headers = await as(await aClient())
    const answer = () => callFrom({ path: '/api/notifications', headers })
    const [first, second] = [await answer(), await answer()]
    assert.equal(first.headers['x-ratelimit-limit'], String(RULES.list[1].requests))
    assert.equal(first.headers['x-ratelimit-remaining'], String(RULES.list[1].requests - 1))
    assert.equal(second.headers['x-ratelimit-remaining'], String(RULES.list[1].requests - 2))
    assert.equal(first.headers['x-ratelimit-reset'], '60')
  })

  test('an answer to a sign-in does not show that somebody else tries the address', async ({
    assert,
  }) => {
    const { email } = await aClient()
    await statuses(9, (n) => login(email, { from: `127.0.1.${n + 1}` }))
    const { headers } = await login(email, { from: '127.0.0.2' })
    assert.equal(headers['x-ratelimit-remaining'], String(RULES.login[0].requests - 1))
  })

  test('{$self} lets through what it says, refuses the next, and lets through again')
    .with(Object.keys(RULES) as (keyof typeof RULES)[])
    .run(async ({ assert }, name) => {
      await scaleLimits(0.05)
      for (const rule of RULES[name]) {
        // By itself: of its neighbours, one would be met before it.
        const limited = limitRequests(`test_${name}`, [{ ...rule, except: undefined }])
        const call = async (id: string) => {
          const ctx = new HttpContextFactory().create()
          ctx.request.updateBody({ email: `${id}@example.com` })
          Object.assign(ctx.request, { ip: () => (id === 'a' ? '192.0.2.1' : '192.0.2.2') })
          Object.assign(ctx, { auth: { user: { id } } })
          try {
            return await limited(ctx, async () => 'served')
          } catch (problem) {
            assert.equal((problem as any).code, 'too_many_requests')
            return 'refused'
          }
        }
        const { seconds } = rule
        const requests = Math.ceil(rule.requests * 0.05)
        for (let n = 0; n < requests; n++) assert.equal(await call('a'), 'served')
        assert.equal(await call('a'), 'refused', `${rule.by}: one more than ${requests}`)
        assert.equal(await call('b'), 'served', `${rule.by}: somebody else`)
        assert.equal(await inSeconds(seconds + 1, () => call('a')), 'served', `${rule.by}: later`)
      }
    })
})

test.group('Limits of webhooks', (group) => {
  group.each.setup(resetAll)
  useRealLimits(group)

  const webhook = (path: string, more: Partial<Call> = {}) =>
    callFrom({ method: 'POST', path: `/api/webhooks/${path}`, body: '{}', ...more })

  test('hold for what is refused only: signed events come in any number', async ({ assert }) => {
    await scaleLimits(0.05)
    sandbox.webhookMode({ paused: true })
    const { stripe } = await import('#payments/stripe/index')
    const { depositRequest } = await import('../stripe/helpers.js')
    const { id } = await stripe.createDeposit(depositRequest())
    sandbox.confirm(id)
    const event = sandbox.events.find(({ type }) => type === 'payment_intent.succeeded')!
    const { body, headers } = sandbox.signedPayload(event)
    const from = '127.0.0.7'
    const genuine = () => webhook('stripe', { body, headers, from })
    assert.deepEqual(await statuses(5, () => webhook('stripe', { from })), repeated(5, 400))
    assert.deepEqual(await statuses(20, genuine), repeated(20, 200))
    assert.equal((await webhook('stripe', { from })).status, 400)
    assertRefused(assert, await webhook('stripe', { from }), 60)
    assert.equal((await webhook('stripe', { body, headers, from: '127.0.0.8' })).status, 200)
  })

  test('naming certificates that PayPal does not have makes few questions to PayPal, from however many places', async ({
    assert,
    cleanup,
  }) => {
    await scaleLimits(0.1)
    forgetCertificates()
    const asked = mock.method(globalThis, 'fetch')
    cleanup(() => asked.mock.restore())
    const named = (n: number) =>
      webhook('paypal', {
        from: `127.0.4.${n + 1}`,
        body: { id: `WH-${n}` },
        headers: {
          'paypal-transmission-id': `t${n}`,
          'paypal-transmission-time': new Date().toISOString(),
          'paypal-transmission-sig': 'AAAA',
          'paypal-auth-algo': 'SHA256withRSA',
          'paypal-cert-url': `${env.get('PAYPAL_API_BASE')}/v1/notifications/certs/CERT-${n}`,
        },
      })
    assert.deepEqual(new Set(await statuses(40, named)), new Set([503]))
    assert.equal(asked.mock.callCount(), 6)
  })
})

test.group('How often somebody may change how they sign in', (group) => {
  group.each.setup(resetAll)
  useRealLimits(group)

  const change = async (user: User, current: string, password: string) =>
    callFrom({
      method: 'POST',
      path: '/api/auth/change-password',
      body: { current_password: current, password },
      headers: await as(user),
    })

  test('what succeeds is not held against them; ten wrong passwords are, and no right one helps', async ({
    assert,
  }) => {
    const user = await aClient()
    const passwords = Array.from({ length: 12 }, (_, n) => `${PASSWORD} the ${n}th`)
    let current = PASSWORD
    for (const password of passwords) {
      assert.equal((await change(user, current, password)).status, 204)
      current = password
    }
    const wrong = await statuses(10, () =>
      change(user, 'not this one, sorry', 'another passphrase')
    )
    assert.deepEqual(wrong, repeated(10, 422))
    const refused = await change(user, current, 'another passphrase')
    assertRefused(assert, refused, 900)
    assert.equal(refused.body.detail, 'Too many requests. Try again in 15 minutes.')
    const wait = Number(refused.headers['retry-after'])
    const after = await inSeconds(wait, () => change(user, current, 'another passphrase'))
    assert.include([204, 401], after.status)
  })
})
