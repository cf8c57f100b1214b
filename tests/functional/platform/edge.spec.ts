import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import app from '@adonisjs/core/services/app'
import router from '@adonisjs/core/services/router'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { freePort } from '../../../bin/surroundings/ports.js'
import { startRedis, type Redis } from '../../../bin/surroundings/redis.js'
import { signal } from '../../../bin/surroundings/process_table.js'
import { waitFor } from '../../../bin/surroundings/wait.js'
import { resetAll } from '#tests/support/database'
import { callFrom, type Call } from '#tests/support/limits'
import { aClient, PASSWORD, tokenOf } from '#tests/support/users'
import { startWebProcess, type WebProcess } from '#tests/support/web_process'

const FRONTEND = 'https://app.safesend.test'

/** Two web servers as behind a balancer, with one Redis, started by whichever test comes first. */
let servers: Promise<{ redis: Redis; one: WebProcess; two: WebProcess }> | undefined

async function twoServers() {
  servers ??= (async () => {
    const redis = await startRedis()
    const env = {
      REDIS_URL: redis.url,
      LIMITS_FACTOR: '1',
      CORS_ORIGINS: `${FRONTEND}, http://localhost:5173`,
      TRUSTED_PROXIES: '127.0.0.10, 127.0.20.0/24',
    }
    const [one, two] = await Promise.all([startWebProcess(env), startWebProcess(env)])
    return { redis, one, two }
  })()
  return servers
}

async function stopServers(): Promise<void> {
  const started = await servers?.catch(() => undefined)
  servers = undefined
  await Promise.all([started?.one.stop(), started?.two.stop()])
  await started?.redis.stop()
}

const login = (server: WebProcess, email: string, more: Partial<Call> = {}) =>
  callFrom({
    method: 'POST',
    path: '/api/auth/login',
    body: { email, password: 'not this one, sorry' },
    server: server.url,
    ...more,
  })

let addresses = 0
/** An address that nobody has, so that each test counts its own. */
const nobody = () => `nobody${addresses++}@example.com`

/** What a browser sends before it lets a page's script ask. */
const preflight = (server: WebProcess | undefined, path: string, origin: string, method: string) =>
  callFrom({
    method: 'OPTIONS',
    path,
    server: server?.url,
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  })

const corsHeaders = (headers: object) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'))

test.group('Web servers behind a balancer', (group) => {
  group.setup(resetAll)
  group.teardown(stopServers)

  test('a frontend of another origin may use every route by every method that it has', async ({
    assert,
  }) => {
    const { one } = await twoServers()
    const routes = Object.values(router.toJSON()).flat()
    const asked = new Set(
      routes.flatMap(({ methods, pattern }) =>
        methods.map((method) => `${method} ${pattern.replaceAll(/:\w+|\*/g, 'x')}`)
      )
    )
    assert.include([...asked], 'POST /__transmit/subscribe')
    for (const each of asked) {
      const [method, path] = each.split(' ')
      const { status, headers } = await preflight(one, path, FRONTEND, method)
      assert.equal(status, 204, each)
      assert.equal(headers['access-control-allow-origin'], FRONTEND, each)
      assert.include(headers['access-control-allow-methods'].split(','), method, each)
      assert.equal(
        headers['access-control-allow-headers'],
        'authorization,content-type,idempotency-key'
      )
      // Clients of event streams ask with this.
      assert.equal(headers['access-control-allow-credentials'], 'true')
      assert.include(headers.vary, 'Origin')
    }
  })

  test('a frontend of another origin reads answers and refusals, with the headers that it needs', async ({
    assert,
  }) => {
    const { one } = await twoServers()
    for (const path of ['/api/projects', '/api/nowhere', '/health/live', '/openapi.json']) {
      const { headers } = await callFrom({ path, server: one.url, headers: { origin: FRONTEND } })
      assert.equal(headers['access-control-allow-origin'], FRONTEND, path)
      assert.equal(headers.vary, 'Origin')
      const exposed = headers['access-control-expose-headers'].split(',')
      for (const name of [
        'retry-after',
        'x-ratelimit-remaining',
        'idempotent-replayed',
        'content-disposition',
        'x-request-id',
      ]) {
        assert.include(exposed, name)
      }
    }
    const email = nobody()
    let refused
    do refused = await login(one, email, { headers: { origin: FRONTEND }, from: '127.0.5.5' })
    while (refused.status === 401)
    assert.equal(refused.status, 429)
    assert.equal(refused.headers['access-control-allow-origin'], FRONTEND)
  })

  test('no other origin is a frontend, letter by letter: {$self}')
    .with([
      'null',
      'https://evil.test',
      'https://app.safesend.test.evil.test',
      'https://evil-app.safesend.test',
      'https://x.app.safesend.test',
      'http://app.safesend.test',
      'https://app.safesend.test:8443',
      'https://APP.safesend.test',
      'http://localhost:5174',
      'https://app.safesend.test,http://localhost:5173',
    ])
    .run(async ({ assert }, origin) => {
      const { one } = await twoServers()
      const asked = await preflight(one, '/api/projects', origin, 'GET')
      assert.deepEqual(corsHeaders(asked.headers), [])
      const got = await callFrom({ path: '/api/projects', server: one.url, headers: { origin } })
      assert.deepEqual(corsHeaders(got.headers), [])
      // A cache must know that another origin would be answered otherwise.
      assert.equal(got.headers.vary, 'Origin')
    })

  test('a frontend of another origin is nobody where none is configured', async ({ assert }) => {
    const asked = await preflight(undefined, '/api/projects', FRONTEND, 'GET')
    const got = await callFrom({ path: '/api/projects', headers: { origin: FRONTEND } })
    for (const { headers } of [asked, got]) assert.deepEqual(corsHeaders(headers), [])
    assert.isUndefined(got.headers.vary)
  })

  test('count together', async ({ assert }) => {
    const { one, two } = await twoServers()
    const email = nobody()
    for (let n = 0; n < 10; n++) {
      assert.equal((await login(n % 2 ? one : two, email)).status, 401)
    }
    for (const server of [one, two]) {
      const { status, headers } = await login(server, email)
      assert.equal(status, 429)
      assert.isAbove(Number(headers['retry-after']), 890)
    }
  })

  test('know a client that calls through a trusted proxy, and believe nobody else', async ({
    assert,
  }) => {
    const { one } = await twoServers()
    const { email, id } = await aClient()
    const call = (from: string, forwarded: string) =>
      callFrom({
        method: 'POST',
        path: '/api/auth/login',
        body: { email, password: PASSWORD },
        headers: { 'x-forwarded-for': forwarded },
        server: one.url,
        from,
      })
    const seen = async (from: string, forwarded: string) => {
      assert.equal((await call(from, forwarded)).status, 200)
      const { ip } = await db.from('sessions').where('user_id', id).orderBy('id', 'desc').first()
      return ip
    }
    assert.equal(await seen('127.0.0.10', '203.0.113.1'), '203.0.113.1')
    assert.equal(await seen('127.0.0.10', '198.51.100.9, 203.0.113.2, 127.0.20.7'), '203.0.113.2')
    assert.equal(await seen('127.0.0.10', '203.0.113.3:50123'), '203.0.113.3')
    assert.equal(await seen('127.0.0.10', '2001:db8::7'), '2001:db8::7')
    assert.equal(await seen('127.0.0.10', 'nonsense'), '127.0.0.10')
    assert.equal(await seen('127.0.0.11', '203.0.113.4'), '127.0.0.11')
  })

  test('count clients behind a proxy apart, and those of one IPv6 network as one', async ({
    assert,
  }) => {
    const { one } = await twoServers()
    const email = nobody()
    const from = (client: string) =>
      login(one, email, { from: '127.0.0.10', headers: { 'x-forwarded-for': client } })
    for (let n = 0; n < 10; n++) {
      assert.equal((await from(`2001:db8:1:2:${n}::${n}`)).status, 401)
    }
    assert.equal((await from('2001:db8:1:2:ffff::1')).status, 429)
    assert.equal((await from('2001:db8:1:3::1')).status, 401)
    assert.equal((await from('203.0.113.77')).status, 401)
  })

  test('go on, each counting alone, while Redis hangs and when it is dead, and together once it is back', async ({
    assert,
  }) => {
    const { one, two, redis } = await twoServers()
    const headers = { authorization: `Bearer ${await tokenOf(await aClient())}` }
    const list = async (server: WebProcess) => {
      const started = Date.now()
      const { status } = await callFrom({
        path: '/api/notifications',
        server: server.url,
        headers,
      })
      assert.isBelow(Date.now() - started, 2500, 'a client does not wait for Redis')
      return status
    }
    assert.equal(await list(one), 200)

    signal(redis.pid, 'SIGSTOP')
    const answers = await Promise.all(Array.from({ length: 20 }, () => list(one)))
    assert.deepEqual(new Set(answers), new Set([200]))

    await redis.stop()
    assert.equal(await list(one), 200)
    assert.equal(await list(two), 200)
    const email = nobody()
    for (let n = 0; n < 10; n++) assert.equal((await login(one, email)).status, 401)
    assert.equal((await login(one, email)).status, 429, 'no limit is lifted')
    assert.equal((await login(two, email)).status, 401)

    const again = await startRedis({ port: redis.port })
    try {
      assert.equal(again.port, redis.port)
      await waitFor(
        'both to count together again',
        async () => {
          const probe = nobody()
          for (let n = 0; n < 5; n++) await login(one, probe, { from: '127.0.9.1' })
          for (let n = 0; n < 5; n++) await login(two, probe, { from: '127.0.9.1' })
          return (await login(one, probe, { from: '127.0.9.1' })).status === 429
        },
        { everyMs: 500 }
      )
    } finally {
      await again.stop()
    }
  }).timeout(90_000)
})

test.group('A web server', () => {
  test('does not start on an origin that no browser would send, and says which', async ({
    assert,
  }) => {
    const server = spawn(
      process.execPath,
      ['--import=@poppinss/ts-exec', app.makePath('bin/server.ts')],
      {
        env: {
          ...process.env,
          PORT: String(await freePort()),
          CORS_ORIGINS: 'https://a.test, https://*.b.test',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 30_000,
      }
    )
    const output = Promise.all([text(server.stdout), text(server.stderr)])
    const [code] = await once(server, 'exit')
    assert.equal(code, 1)
    assert.match(
      (await output).join(''),
      /CORS_ORIGINS must list .*"https:\/\/\*\.b\.test" is none/
    )
  })
})
