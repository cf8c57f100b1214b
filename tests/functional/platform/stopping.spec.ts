import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { getActiveTest, test } from '@japa/runner'
import { freePort } from '../../../bin/surroundings/ports.js'
import { script } from '../../../bin/surroundings/processes.js'
import { waitFor, waitForOk } from '../../../bin/surroundings/wait.js'
import { resetAll } from '#tests/support/database'
import { openStream } from '#tests/support/live'
import { aClient, tokenOf } from '#tests/support/users'

test.group('A web server that is told to stop', (group) => {
  let child: ChildProcess
  let url: string
  let said = ''

  group.each.setup(async () => {
    await resetAll()
    return () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    }
  })

  async function start(env: Record<string, string>) {
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const [program, ...args] = script(app.makePath('bin/server.ts'))
    child = spawn(program, args, {
      cwd: app.makePath(),
      env: { ...process.env, PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    said = ''
    for (const output of [child.stdout!, child.stderr!]) {
      output.on('data', (chunk) => (said += chunk))
    }
    await waitForOk(`${url}/health/live`, { withinMs: 60_000 })
  }

  const ended = async () => (await once(child, 'exit')) as [number | null, string | null]

  /** A request that waits for a lock of ours, until it is let go. */
  async function slowRequest() {
    const user = await aClient()
    const authorization = `Bearer ${await tokenOf(user)}`
    const trx = await db.transaction()
    const letGo = async () => {
      if (!trx.isCompleted) await trx.rollback()
    }
    getActiveTest()!.cleanup(letGo)
    await trx.rawQuery('LOCK TABLE notifications IN ACCESS EXCLUSIVE MODE')
    const answer = fetch(`${url}/api/notifications`, { headers: { authorization } })
    answer.catch(() => {})
    await waitFor('the request to wait for the lock', async () => {
      const { rows } = await db.rawQuery('SELECT 1 FROM pg_locks WHERE NOT granted')
      return rows.length > 0
    })
    return { answer, letGo }
  }

  test('says so first, answers what is under way, sends streams elsewhere, and exits with 0', async ({
    assert,
  }) => {
    await start({ STOP_GRACE_SECONDS: '2' })
    const stream = await openStream(await aClient(), { url })
    assert.equal(stream.status, 200)
    const { answer, letGo } = await slowRequest()
    const exit = ended()
    child.kill('SIGTERM')

    await waitFor('readiness to say no', async () => {
      const ready = await fetch(`${url}/health/ready`)
      const body: any = await ready.json()
      return ready.status === 503 && body.checks.process === 'stopping'
    })
    const late = await fetch(`${url}/docs`)
    assert.equal(late.status, 200, 'who has not noticed yet is answered')
    assert.equal(late.headers.get('connection'), 'close')
    assert.equal((await fetch(`${url}/health/live`)).status, 200)

    await stream.ended
    assert.match(stream.text, /retry: \d+\n\n$/)
    await waitFor('connections to be refused', () =>
      fetch(`${url}/health/live`).then(
        () => false,
        () => true
      )
    )
    await letGo()
    assert.equal((await answer).status, 200)
    assert.deepEqual(await exit, [0, null], said)
  }).timeout(90_000)

  test('cuts off what takes too long, and says so by its exit code', async ({ assert }) => {
    await start({ STOP_TIMEOUT_SECONDS: '1' })
    const { answer, letGo } = await slowRequest()
    const exit = ended()
    const told = Date.now()
    child.kill('SIGTERM')
    await assert.rejects(() => answer)
    assert.deepEqual(await exit, [1, null], said)
    assert.isBelow(Date.now() - told, 10_000)
    await letGo()
  }).timeout(90_000)

  test('is not held up by who has connected and asks for nothing', async ({ assert }) => {
    await start({})
    const sockets = ['', 'GET /health/live HTTP/1.1\r\nHost: a'].map((begun) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(begun))
      socket.on('error', () => {})
      return socket
    })
    getActiveTest()!.cleanup(() => sockets.forEach((socket) => socket.destroy()))
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    await wait(300)
    const exit = ended()
    const told = Date.now()
    child.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null], said)
    assert.isBelow(Date.now() - told, 10_000)
  }).timeout(90_000)

  test('twice stops at once', async ({ assert }) => {
    await start({ STOP_GRACE_SECONDS: '60' })
    const exit = ended()
    child.kill('SIGINT')
    await wait(300)
    child.kill('SIGINT')
    assert.deepEqual(await exit, [1, null], said)
  }).timeout(90_000)

  test('with nothing to do is gone soon, with 0', async ({ assert }) => {
    await start({})
    const exit = ended()
    const told = Date.now()
    child.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null], said)
    assert.isBelow(Date.now() - told, 8000)
  }).timeout(90_000)
})
