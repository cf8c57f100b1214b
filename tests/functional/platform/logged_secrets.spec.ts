import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import env from '#start/env'
import { Authenticator } from '#tests/support/authenticator'
import { resetAll } from '#tests/support/database'
import { activeProject } from '#tests/support/projects'
import { deadPort } from '#tests/support/provider_calls'
import { aColleague } from '#tests/support/staff'
import { PASSWORD, tokenOf } from '#tests/support/users'
import { freePort } from '../../../bin/surroundings/ports.js'
import { ace, Processes, script } from '../../../bin/surroundings/processes.js'
import { waitFor } from '../../../bin/surroundings/wait.js'

/** Every secret of ours that a process gets, and the parts by which one would be used. */
function configured(): string[] {
  const { password } = new URL(env.get('DATABASE_URL').release())
  const names = ['APP_KEY', 'STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRETS', 'PAYPAL_CLIENT_SECRET']
  const key = env.get('JWT_PRIVATE_KEY')!.split('\n')[1]
  const { PAYPAL_CLIENT_ID: id, PAYPAL_CLIENT_SECRET: secret } = process.env
  const basic = Buffer.from(`${id}:${secret}`).toString('base64')
  return [password, key, basic, ...names.map((name) => process.env[name]!)]
}

test.group('The log', (group) => {
  let processes: Processes
  let logs: string

  group.each.setup(async () => {
    await resetAll()
    logs = await mkdtemp(app.makePath('tmp', 'logs-'))
    return async () => {
      await processes.stop()
      await rm(logs, { recursive: true, force: true })
    }
  })

  /** A web server and a worker that say all they can. */
  async function start(more: Record<string, string> = {}): Promise<string> {
    const port = await freePort()
    processes = new Processes({
      env: { PORT: String(port), LOG_LEVEL: 'trace', ...more },
      logs,
    })
    await processes.serve('web', script('bin/server.ts'))
    processes.start('worker', ace('queue:work', '--polling=0.5'))
    await waitFor('the worker', async () => /worker ready/.test(await read('worker')), {
      withinMs: 60_000,
    })
    return `http://127.0.0.1:${port}`
  }

  const read = (name: string) => readFile(join(logs, `${name}.log`), 'utf8').catch(() => '')

  test('says no secret of ours, and nothing that anybody signed in with', async ({ assert }) => {
    const url = await start({ STRIPE_API_BASE: `http://127.0.0.1:${await deadPort()}` })
    const used = new Set<string>([PASSWORD])
    const post = async (path: string, body: object, token?: string, headers = {}) => {
      const answer = await fetch(`${url}/api/${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        body: JSON.stringify(body),
      })
      const text = await answer.text()
      return { status: answer.status, data: text ? JSON.parse(text).data : undefined }
    }

    const email = 'ada@example.com'
    const wrong = 'an entirely wrong passphrase'
    used.add(wrong)
    const registered = await post('auth/register', {
      email,
      password: PASSWORD,
      user_type: 'client',
      first_name: 'Ada',
      last_name: 'Client',
    })
    assert.equal(registered.status, 201)
    await db.from('users').where({ email }).update({ is_verified: true })
    assert.equal((await post('auth/login', { email, password: wrong })).status, 401)
    const login = await post('auth/login', { email, password: PASSWORD })
    assert.equal(login.status, 200)
    let { access_token: token, refresh_token: refresh } = login.data
    used.add(token).add(refresh)
    ;({ access_token: token } = (await post('auth/refresh', { refresh_token: refresh })).data)
    used.add(token)
    const enrolled = await post('auth/mfa/enroll', { password: PASSWORD }, token)
    const authenticator = new Authenticator(enrolled.data.otpauth_url)
    used.add(enrolled.data.secret)
    const code = authenticator.code(-1)
    const confirmed = await post('auth/mfa/confirm', { code }, token)
    for (const each of confirmed.data.recovery_codes) used.add(each)
    await post('auth/reset-password', { email })
    const { client, milestones } = await activeProject({ amounts: ['100.00'] })
    const clientToken = await tokenOf(client)
    used.add(clientToken)
    const deposit = (provider: string) =>
      post(
        'payments/deposit',
        { milestone_ids: [milestones[0].id], payment_provider: provider },
        clientToken,
        { 'idempotency-key': randomUUID() }
      )
    assert.equal((await deposit('stripe')).status, 202, 'nobody is at its address')
    await deposit('paypal')
    const forged = { 'stripe-signature': `t=1,v1=${'a'.repeat(64)}` }
    assert.equal((await post('webhooks/stripe', {}, undefined, forged)).status, 400)

    const colleague = await aColleague()
    const page = await fetch(`${url}/console/sign-in`, { headers: { accept: 'text/html' } })
    const cookie = page.headers.getSetCookie()[0].split(';')[0]
    used.add(cookie)
    const csrf = /name=['"]_csrf['"] value=['"]([^'"]+)['"]/.exec(await page.text())![1]
    await fetch(`${url}/console/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie, accept: 'text/html' },
      body: new URLSearchParams({
        _csrf: csrf,
        email: colleague.staff.email,
        password: colleague.password,
      }),
    })
    used.add(csrf)

    await db.rawQuery('ALTER TABLE sessions RENAME TO hidden')
    try {
      // The id of a request goes into each of its lines; somebody puts the beginning of a token there.
      const id = token.slice(0, 120)
      used.add(id)
      const body = { refresh_token: refresh }
      const crash = await post('auth/refresh', body, undefined, { 'x-request-id': id })
      assert.equal(crash.status, 500)
      const headers = { authorization: `Bearer ${clientToken}` }
      assert.equal((await fetch(`${url}/api/projects`, { headers })).status, 500)
    } finally {
      await db.rawQuery('ALTER TABLE hidden RENAME TO sessions')
    }
    await waitFor('the worker to have mailed', async () => /job done/.test(await read('worker')))
    await processes.stop()

    const said = (await read('web')) + (await read('worker'))
    for (const secret of [...used, ...configured()]) {
      assert.isAbove(secret.length, 5)
      assert.notInclude(said, secret)
      assert.notInclude(said, encodeURIComponent(secret))
    }
    assert.notInclude(said, `"code":"${code}"`)
    // It does say what happened, also where a secret was part of it.
    assert.include(said, '"request_id":"[secret]"')
    assert.match(said, /relation \\?"sessions\\?" does not exist/)
    assert.match(said, /ECONNREFUSED|connection/i)
  }).timeout(120_000)
})
