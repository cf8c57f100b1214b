import { once } from 'node:events'
import { spawn, type ChildProcess } from 'node:child_process'
import { test } from '@japa/runner'
import { serveHealth } from '#jobs/health_server'
import { resetAll } from '#tests/support/database'
import { ace } from '../../../bin/surroundings/processes.js'
import { freePort } from '../../../bin/surroundings/ports.js'
import { waitForOk } from '../../../bin/surroundings/wait.js'

test.group('A worker that tells over HTTP that it runs', (group) => {
  let worker: ChildProcess | undefined

  group.setup(() => resetAll())
  group.teardown(() => {
    if (worker?.exitCode === null && worker.signalCode === null) worker.kill('SIGKILL')
  })

  test('answers at its port what runs, nothing else, and is gone from it when it stops', async ({
    assert,
  }) => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const [node, ...command] = ace('queue:work', `--health-port=${port}`)
    worker = spawn(node, command, {
      env: { ...process.env, REVISION: '0123abc' },
      stdio: 'ignore',
    })
    await waitForOk(`${url}/health/live`)
    const live = await fetch(`${url}/health/live`)
    assert.deepEqual(await live.json(), { status: 'ok', revision: '0123abc' })
    for (const path of ['/', '/health/ready', '/api/projects', '/health/live?x=1']) {
      assert.equal((await fetch(url + path)).status, 404, path)
    }
    assert.equal((await fetch(`${url}/health/live`, { method: 'POST' })).status, 404)

    worker.kill('SIGTERM')
    const [code, signal] = await once(worker, 'exit')
    assert.deepEqual([code, signal], [0, null])
    await assert.rejects(() => fetch(`${url}/health/live`))
  }).timeout(60_000)

  test('says that a port is taken rather than be silent on it', async ({ assert }) => {
    const first = await serveHealth(0)
    try {
      await assert.rejects(() => serveHealth(first.port), /EADDRINUSE/)
    } finally {
      await first.stop()
    }
  })
})
