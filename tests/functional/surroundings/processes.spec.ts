import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer as createWebServer } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import app from '@adonisjs/core/services/app'
import { test } from '@japa/runner'
import pg from 'pg'
import { freePort } from '../../../bin/surroundings/ports.js'
import { startPostgres } from '../../../bin/surroundings/postgres.js'
import { commandLine, ended, isAlive } from '../../../bin/surroundings/process_table.js'
import { Processes, script } from '../../../bin/surroundings/processes.js'
import { waitFor } from '../../../bin/surroundings/wait.js'

/** Ids of what a killed parent had started. */
interface Orphans {
  postgres: number
  redis: number
  child: number
}

async function killedParent(dir: string): Promise<Orphans> {
  const [program, ...args] = script(app.makePath('tests/support/killed_parent.ts'), dir)
  const parent = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await once(parent.stdout, 'data')
  const { redis } = JSON.parse(String(said))
  const child = await waitFor('the child', async () => {
    const log = await readFile(join(dir, 'stubborn.log'), 'utf8').catch(() => '')
    return Number(/child (\d+)/.exec(log)?.[1]) || undefined
  })
  const lock = await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8')
  const postgres = Number(lock.split('\n')[0])
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  return { postgres, redis, child }
}

test.group('What we start', (group) => {
  let dir: string
  group.each.setup(async () => {
    dir = await mkdtemp(app.makePath('tmp', 'surroundings-'))
    return () => rm(dir, { recursive: true, force: true })
  })

  test('leaves no process behind when we are killed, not even one that ignores SIGTERM', async ({
    assert,
  }) => {
    const { postgres, redis, child } = await killedParent(dir)
    assert.isTrue(await ended(redis, 15_000), 'Redis still runs')
    assert.isTrue(await ended(child, 15_000), 'the child of a child still runs')
    assert.isTrue(await ended(postgres, 15_000), 'PostgreSQL still runs')
  })

  test('PostgreSQL starts on the data of a killed run, taking over from a server left there', async ({
    assert,
  }) => {
    const { postgres } = await killedParent(dir)
    const again = await startPostgres({ dir: join(dir, 'data'), password: 'secret' })
    try {
      assert.isFalse(isAlive(postgres) && commandLine(postgres).includes(dir))
      const client = new pg.Client(again.url('postgres'))
      await client.connect()
      await client.end()
    } finally {
      await again.stop()
    }
  })

  test('a port that is taken gives another one', async ({ assert, cleanup }) => {
    const server = createServer().listen(0, '127.0.0.1')
    cleanup(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const found = await freePort(port)
    assert.notEqual(found, port)
    assert.isAbove(found, 1023)
  })

  test('a port that another command has picked is left to it until it ends', async ({
    assert,
    cleanup,
  }) => {
    const [program, ...args] = script(app.makePath('tests/support/port_picker.ts'))
    const picker = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    cleanup(() => void picker.kill('SIGKILL'))
    const port = Number(String((await once(picker.stdout, 'data'))[0]))
    assert.notEqual(await freePort(port), port, 'nothing listens on it yet')
    picker.kill('SIGKILL')
    await once(picker, 'exit')
    assert.equal(await freePort(port), port)
  })

  test('a server that could not listen is not mistaken for the one that answers there', async ({
    assert,
    cleanup,
  }) => {
    const other = createWebServer((_, response) => response.end('ok')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const died = new AbortController()
    let lastWords = ''
    const processes = new Processes({
      env: { SANDBOX_STRIPE_PORT: String(port) },
      logs: dir,
      onDeath: (_name, _how, lines) => {
        lastWords = lines.join('\n')
        died.abort()
      },
    })
    cleanup(async () => {
      await processes.stop()
      other.close()
    })
    await assert.rejects(() =>
      processes.serve('sandbox', script('sandbox/server.ts'), { interrupted: died.signal })
    )
    assert.match(lastWords, /EADDRINUSE/)
  })
})
