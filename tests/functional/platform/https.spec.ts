import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from '@japa/runner'
import { resetAll } from '#tests/support/database'
import { startWebProcess, type WebProcess } from '#tests/support/web_process'

const OURS = 'https://api.safesend.test'
const PROXY = '127.0.0.10'
const STRANGER = '127.0.0.11'

interface Asked {
  method?: string
  headers?: Record<string, string>
  from?: string
}

test.group('A web server whose address is https, behind a proxy', (group) => {
  let web: WebProcess

  group.setup(async () => {
    await resetAll()
    web = await startWebProcess({ APP_URL: OURS, TRUSTED_PROXIES: PROXY })
    return () => web.stop()
  })

  /** As a proxy passes a request on, to the letter of the path. */
  const ask = (path: string, { method = 'GET', headers = {}, from = PROXY }: Asked = {}) =>
    new Promise<{ status: number; headers: Record<string, any>; body: string }>((resolve, reject) =>
      request(
        web.url,
        { path, method, localAddress: from, headers: { 'x-forwarded-proto': 'http', ...headers } },
        (answer) =>
          text(answer).then(
            (body) => resolve({ status: answer.statusCode!, headers: answer.headers, body }),
            reject
          )
      )
        .once('error', reject)
        .end()
    )

  test('leads who looks at a page in the clear to its safe address, with path and query', async ({
    assert,
  }) => {
    for (const [path, safe] of [
      ['/docs', '/docs'],
      ['/console/sign-in?next=%2Fconsole%2Fusers', '/console/sign-in?next=%2Fconsole%2Fusers'],
      ['/nowhere', '/nowhere'],
      ['/%C3%A4', '/%C3%A4'],
      ['//evil.test/x', '/x'],
      ['http://evil.test/docs', '/docs'],
      ['/\\evil.test', '/'],
    ]) {
      for (const method of ['GET', 'HEAD']) {
        const { status, headers, body } = await ask(path, { method })
        assert.equal(status, 308, path)
        assert.equal(headers.location, OURS + safe)
        assert.equal(body, '')
        assert.isUndefined(headers['set-cookie'])
      }
    }
  })

  test('refuses programs in the clear, and leads them nowhere', async ({ assert }) => {
    const token = { authorization: 'Bearer something' }
    for (const [method, path, headers] of [
      ['GET', '/api/projects', token],
      ['GET', '/%61pi/projects', token],
      ['GET', '/api/projects', {}],
      ['GET', '/%61pi/projects', {}],
      ['GET', '//api/projects', {}],
      ['POST', '/api/auth/login', {}],
      ['POST', '/api/webhooks/stripe', {}],
      ['GET', '/__transmit/events', token],
      ['GET', '/openapi.json', {}],
      ['GET', '/docs', token],
      ['POST', '/console/sign-in', {}],
    ] as const) {
      const answer = await ask(path, { method, headers })
      assert.equal(answer.status, 403, `${method} ${path}`)
      assert.isUndefined(answer.headers.location)
      assert.match(answer.body, /has travelled in the clear/)
      if (!path.startsWith('/console')) {
        assert.equal(JSON.parse(answer.body).code, 'https_required')
      }
    }
  })

  test('answers probes however they come', async ({ assert }) => {
    assert.equal((await ask('/health/live')).status, 200)
    assert.equal((await ask('/health/live', { from: STRANGER })).status, 200)
  })

  test('takes what came by HTTPS, and tells browsers to stay there', async ({ assert }) => {
    const safe = { 'x-forwarded-proto': 'https' }
    for (const path of ['/docs', '/console/sign-in', '/api/terms', '/nowhere']) {
      const { status, headers } = await ask(path, { headers: safe })
      assert.oneOf(status, [200, 404], path)
      assert.equal(headers['strict-transport-security'], 'max-age=31536000; includeSubDomains')
    }
    const login = await ask('/api/auth/login', { method: 'POST', headers: safe })
    assert.equal(login.status, 422)
  })

  test('believes nobody but the proxy, in neither direction', async ({ assert }) => {
    for (const proto of ['http', 'https']) {
      const { status, headers } = await ask('/docs', {
        from: STRANGER,
        headers: { 'x-forwarded-proto': proto },
      })
      assert.equal(status, 200)
      assert.isUndefined(headers['strict-transport-security'])
    }
  })

  test('takes the word of the proxy beside us, and not what the caller put before it', async ({
    assert,
  }) => {
    for (const [said, status] of [
      ['https,http', 308],
      ['https, http', 308],
      ['https,https,http', 308],
      ['http, https', 200],
      ['HTTPS', 200],
    ] as const) {
      const answer = await ask('/docs', { headers: { 'x-forwarded-proto': said } })
      assert.equal(answer.status, status, said)
      const kept = answer.headers['strict-transport-security']
      assert.equal(kept !== undefined, status === 200, said)
    }
  })

  test('makes no address of what the caller calls it', async ({ assert }) => {
    const forged = { 'host': 'evil.test', 'x-forwarded-host': 'evil.test' }
    const paths = ['/docs', '/console', '/console/sign-in', '/api/nowhere', '/problems/not_found']
    for (const proto of ['http', 'https']) {
      for (const path of paths) {
        const { headers, body } = await ask(path, {
          headers: { ...forged, 'x-forwarded-proto': proto },
        })
        assert.notInclude(JSON.stringify(headers) + body, 'evil.test', `${proto} ${path}`)
      }
    }
  })

  test('gives its cookies to HTTPS, to itself and to no script', async ({ assert }) => {
    const { headers } = await ask('/console/sign-in', { headers: { 'x-forwarded-proto': 'https' } })
    assert.isNotEmpty(headers['set-cookie'])
    for (const cookie of headers['set-cookie']) {
      assert.match(cookie, /^__Host-/)
      assert.match(cookie, /; Path=\/(;|$)/)
      assert.match(cookie, /; Secure/)
      assert.match(cookie, /; HttpOnly/)
      assert.notMatch(cookie, /; Domain=/)
    }
  })
})

test.group('A web server whose address is http', () => {
  test('redirects nobody, whatever a proxy says', async ({ assert }) => {
    const answer = await fetch(`http://${process.env.HOST}:${process.env.PORT}/docs`, {
      headers: { 'x-forwarded-proto': 'http' },
      redirect: 'manual',
    })
    assert.equal(answer.status, 200)
  })
})
