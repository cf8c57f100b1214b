import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from '@japa/runner'
import { lackingHeaders } from '#tests/support/answer_headers'
import { resetAll } from '#tests/support/database'
import { aClient, tokenOf } from '#tests/support/users'
import { startWebProcess, type WebProcess } from '#tests/support/web_process'
import { A_PICTURE } from '../api/world.js'
import { Upload } from '../files/upload.js'

/** Of the server below, for everything that is no file. */
const SECONDS = 1

let server: WebProcess

/** What a server says on a connection until it closes it. */
interface Line {
  socket: Socket
  /** All that was said, and after how many milliseconds the connection was closed. */
  closed: Promise<{ said: string; after: number }>
}

function call(...pieces: string[]): Line {
  const { hostname, port } = new URL(server.url)
  const started = Date.now()
  const socket = connect(Number(port), hostname)
  let said = ''
  socket.on('data', (chunk) => (said += chunk.toString('latin1')))
  // The server may close while we still write.
  socket.on('error', () => {})
  for (const piece of pieces) socket.write(piece)
  const closed = new Promise<{ said: string; after: number }>((resolve) =>
    socket.once('close', () => resolve({ said, after: Date.now() - started }))
  )
  return { socket, closed }
}

/** Sends a byte again and again, so that the connection is never silent. */
function drip({ socket }: Line, byte: string): void {
  const dripping = setInterval(() => socket.write(byte), 100)
  socket.once('close', () => clearInterval(dripping))
}

const post = (path: string, length: number, more = '') =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${more}\r\n`

/** Was told that it took too long; or was cut off while a byte was under way, which loses the answer. */
async function assertCutOff(assert: any, { closed }: Line, what: string): Promise<void> {
  const { said, after } = await closed
  if (said) assert.equal(statusOf(said), 408, what)
  assert.isAtLeast(after, SECONDS * 1000, what)
  assert.isBelow(after, SECONDS * 1000 + 5000, what)
}

const statusOf = (said: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(said)?.[1])

/** The one answer to a whole request, after which we close. */
async function answer(...pieces: string[]): Promise<{ status: number; body: any }> {
  const line = call(...pieces)
  const { said } = await line.closed
  const json = /\r\n\r\n([^]*)$/.exec(said)?.[1]
  return { status: statusOf(said), body: json ? JSON.parse(json) : undefined }
}

const CLOSE = 'Connection: close\r\n'

function sent(body: string): Promise<{ status: number; body: any }> {
  return answer(post('/api/auth/login', Buffer.byteLength(body), CLOSE), body)
}

test.group('Whoever sends slowly', (group) => {
  group.setup(async () => {
    await resetAll()
    server = await startWebProcess({ REQUEST_SECONDS: String(SECONDS) })
    return () => server.stop()
  })

  test('a body is cut off in time, however it trickles', async ({ assert }) => {
    const trickling = (path: string) => {
      const line = call(post(path, 5000), '{"email":"')
      drip(line, 'a')
      return line
    }
    const paths = ['/api/auth/login', '/api/webhooks/stripe', '/site/vitals']
    // Refused before its body is read, which is not waited for either.
    const refused = trickling('/api/nowhere')
    await Promise.all(paths.map((path) => assertCutOff(assert, trickling(path), path)))
    const { said, after } = await refused.closed
    assert.equal(statusOf(said), 404)
    assert.isBelow(after, 6000)
  })

  test('a body in chunks, and a form of the console, are cut off alike', async ({ assert }) => {
    const chunked = call(
      'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n'
    )
    drip(chunked, '1\r\n \r\n')
    const form = call(
      'POST /console/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\nemail='
    )
    drip(form, 'a')
    await assertCutOff(assert, chunked, 'chunks')
    await assertCutOff(assert, form, 'a form')
  })

  test('headers are cut off in time, and so is who says nothing', async ({ assert }) => {
    const line = call('GET /health/live HTTP/1.1\r\nHost: x\r\n')
    drip(line, 'X-A: b\r\n')
    const silent = call('G')
    await assertCutOff(assert, line, 'headers')
    await assertCutOff(assert, silent, 'silence')
  })

  test('who sends a file has longer', async ({ assert }) => {
    const { port } = new URL(server.url)
    const path = 'users/upload-avatar'
    const upload = await Upload.start(await aClient(), path, { port, field: 'avatar' })
    for (let at = 0; at < A_PICTURE.length; at += 20) {
      await upload.send(A_PICTURE.subarray(at, at + 20))
      await wait(SECONDS * 600)
    }
    const { status, body } = await upload.finish()
    assert.equal(status, 200, JSON.stringify(body))
  })

  test('does not keep others waiting', async ({ assert }) => {
    const slow = Array.from({ length: 50 }, () => call(post('/api/auth/login', 5000), '{'))
    for (const line of slow) drip(line, ' ')
    const started = Date.now()
    const { status } = await fetch(`${server.url}/health/live`)
    assert.equal(status, 200)
    assert.isBelow(Date.now() - started, 1000)
    await Promise.all(slow.map((line) => assertCutOff(assert, line, 'one of many')))
  })
})

test.group('Whoever sends too much', (group) => {
  group.setup(async () => {
    await resetAll()
    server = await startWebProcess()
    return () => server.stop()
  })

  const get = (path: string, headers = '') =>
    answer(`GET ${path} HTTP/1.1\r\nHost: x\r\n${CLOSE}${headers}\r\n`)

  test('in headers, by size or by number, gets a 431', async ({ assert }) => {
    assert.equal((await get('/health/live', `X-A: ${'a'.repeat(8000)}\r\n`)).status, 200)
    assert.equal((await get('/health/live', `X-A: ${'a'.repeat(20_000)}\r\n`)).status, 431)
    const many = (count: number) =>
      Array.from({ length: count }, (_, n) => `X-${n}: a\r\n`).join('')
    assert.equal((await get('/health/live', many(90))).status, 200)
    assert.equal((await get('/health/live', many(110))).status, 431)
  })

  test('in the address gets a 414, and a 431 where it is longer than all headers may be', async ({
    assert,
  }) => {
    assert.equal((await get(`/health/live?${'a'.repeat(8000)}`)).status, 200)
    assert.equal((await get(`/health/live?${'a'.repeat(9000)}`)).status, 414)
    assert.equal((await get(`/health/live?${'a'.repeat(40_000)}`)).status, 431)
  })

  test('is answered as closed as anybody', async ({ assert }) => {
    const { status, headers } = await fetch(`${server.url}/health/live?${'a'.repeat(9000)}`)
    assert.equal(status, 414)
    assert.deepEqual(lackingHeaders(headers), [])
    assert.equal(headers.get('cache-control'), 'no-store')
  })

  test('in JSON, by size, depth or number of members, gets a 4xx that says so', async ({
    assert,
  }) => {
    const large = await sent(JSON.stringify({ email: 'a'.repeat(1024 * 1024) }))
    assert.equal(large.status, 413)
    assert.equal(large.body.code, 'too_large')
    const deep = await sent('['.repeat(100_000) + ']'.repeat(100_000))
    assert.equal(deep.status, 400)
    assert.include(deep.body.detail, 'nested too deeply')
    const keys = Object.fromEntries(Array.from({ length: 11_000 }, (_, n) => [`k${n}`, 1]))
    for (const body of [keys, Object.keys(keys), { a: { b: Object.keys(keys) } }]) {
      const many = await sent(JSON.stringify(body))
      assert.equal(many.status, 413)
      assert.equal(many.body.code, 'too_large')
      assert.include(many.body.detail, 'members')
    }
    const legal = Object.fromEntries(Object.entries(keys).slice(0, 5000))
    assert.equal((await sent(JSON.stringify(legal))).status, 422)
  })

  test('in parts of a form with a file gets a 413, and of a form of the console a 4xx', async ({
    assert,
  }) => {
    const token = await tokenOf(await aClient())
    const part = (name: string, more = '') =>
      `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\nx\r\n`
    const upload = (parts: number) => {
      const body = `${part('other').repeat(parts)}${part('avatar', '; filename="a.png"')}--b--\r\n`
      return answer(
        `POST /api/users/upload-avatar HTTP/1.1\r\nHost: x\r\n${CLOSE}Authorization: Bearer ${token}\r\n` +
          `Content-Type: multipart/form-data; boundary=b\r\nContent-Length: ${body.length}\r\n\r\n`,
        body
      )
    }
    // No picture: it was read.
    assert.equal((await upload(10)).status, 422)
    const many = await upload(500)
    assert.equal(many.status, 413)
    assert.equal(many.body.code, 'too_large')

    const form = 'a=b&'.repeat(60_000)
    const line = call(
      `POST /console/sign-in HTTP/1.1\r\nHost: x\r\n${CLOSE}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n`,
      form
    )
    assert.equal(statusOf((await line.closed).said), 413)
  })

  test('with two lengths, or with a length and chunks, is not understood', async ({ assert }) => {
    for (const lengths of [
      'Content-Length: 2\r\nContent-Length: 3\r\n',
      'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n',
    ]) {
      const request = `POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${lengths}\r\n{}`
      assert.equal(statusOf((await call(request).closed).said), 400)
    }
  })
})
