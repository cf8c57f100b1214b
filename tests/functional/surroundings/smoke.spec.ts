import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from '@japa/runner'
import { startWebProcess } from '#tests/support/web_process'

async function smoke(...args: string[]) {
  const child = spawn('bin/smoke', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  const [code] = await once(child, 'close')
  return { code, output, failed: output.match(/^FAILED .*$/gm) ?? [] }
}

test.group('bin/smoke', () => {
  test('finds a server of ours fit for traffic, and says which build it is', async ({ assert }) => {
    const web = await startWebProcess({ REVISION: 'abc123' })
    try {
      const good = await smoke(web.url, '--revision', 'abc123', '--wait', '10')
      assert.equal(good.code, 0, good.output)
      assert.include(good.output, 'revision abc123')
      assert.include(good.output, 'database ok')

      const old = await smoke(web.url, '--revision', 'def456')
      assert.equal(old.code, 1, old.output)
      assert.deepEqual(old.failed, [
        'FAILED  is live, and the build that is wanted: runs abc123 and not def456',
      ])
    } finally {
      await web.stop()
    }
  }).timeout(60_000)

  test('finds nothing right with a server that answers everything alike', async ({ assert }) => {
    const server = createServer((_, response) => response.end('{"status":"ok"}')).listen(0)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const { code, output, failed } = await smoke(`http://127.0.0.1:${port}`)
      assert.equal(code, 1)
      assert.lengthOf(failed, output.match(/^(ok|FAILED) /gm)!.length, output)
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  test('gives up on a server that is not there once its time is over', async ({ assert }) => {
    const { code, failed } = await smoke('http://127.0.0.1:9', '--wait', '3')
    assert.equal(code, 1)
    assert.isAbove(failed.length, 5)
  })

  test('says how it is called when it is called wrongly', async ({ assert }) => {
    for (const args of [[], ['safesend.example'], ['http://a.example', '--wait', 'long'], ['-x']]) {
      const { code, output } = await smoke(...args)
      assert.equal(code, 2)
      assert.include(output, 'usage: bin/smoke URL')
    }
  })
})
