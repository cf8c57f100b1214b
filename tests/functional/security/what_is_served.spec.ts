import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from '@japa/runner'
import { resetAll } from '#tests/support/database'

/** An answer to the very characters of a request, as they come back. */
async function answerTo(request: string): Promise<{ status: number; whole: string }> {
  const socket = connect(Number(process.env.PORT), process.env.HOST)
  await once(socket, 'connect')
  const answer = text(socket)
  socket.write(request)
  const whole = await answer
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(whole)?.[1]), whole }
}

const request = (method: string, path: string, headers = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: ${process.env.HOST}:${process.env.PORT}\r\nConnection: close\r\n${headers}\r\n`

test.group('What the web server hands out', (group) => {
  group.each.setup(resetAll)

  test('are files by their names, and of no folder what is in it', async ({ assert }) => {
    for (const path of [
      '/assets',
      '/assets/',
      '/assets/.',
      '/assets//',
      '/assets/%2e',
      '/assets/./',
      '/assets/.vite',
      '/assets/.vite/',
      '/assets/.vite/manifest.json',
      '/assets/..',
      '/assets/%2e%2e',
      '/assets/%2e%2e/',
      '/avatars',
      '/avatars/',
      '/files',
      '/files/',
      '/public/',
      '/resources/',
      '/.git/',
      '/.env',
      '/.well-known/',
    ]) {
      const { status, whole } = await answerTo(request('GET', path))
      assert.oneOf(status, path.startsWith('/files') ? [403, 404] : [404], path)
      const [, body] = whole.split('\r\n\r\n')
      assert.notMatch(body, /Index of|manifest|\.(css|js|woff2|webp|ts)\b[^"?]*<\/a>/i, path)
    }
  })

  test('is never a request as it came: TRACE and its like are refused, and nothing is echoed', async ({
    assert,
  }) => {
    const secret = 'X-Hush: hush-hush-hush\r\nCookie: session=hush-hush-hush\r\n'
    for (const path of [
      '/',
      '/docs',
      '/api/projects',
      '/api/auth/login',
      '/console/sign-in',
      '/nowhere',
    ]) {
      for (const method of ['TRACE', 'PROPFIND', 'SEARCH']) {
        const { status, whole } = await answerTo(request(method, path, secret))
        assert.equal(status, path === '/nowhere' ? 404 : 405, `${method} ${path}`)
        assert.notInclude(whole, 'hush', `${method} ${path}`)
        assert.notMatch(whole, /message\/http/i)
      }
    }
    const tracked = await answerTo(request('TRACK', '/', secret))
    assert.equal(tracked.status, 400, 'what is no method at all')
    assert.notInclude(tracked.whole, 'hush')
    const proxied = await answerTo(request('CONNECT', 'elsewhere.example:443', secret))
    assert.notMatch(proxied.whole, /^HTTP\/1\.1 2/)
  })
})
