import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { SMTPServer } from 'smtp-server'
import { freePort } from '../../../bin/surroundings/ports.js'
import { ace, Processes } from '../../../bin/surroundings/processes.js'
import { startRedis } from '../../../bin/surroundings/redis.js'
import { waitFor } from '../../../bin/surroundings/wait.js'
import { startAzurite } from '#tests/support/azurite'
import { resetAll } from '#tests/support/database'
import { drain } from '#tests/support/jobs'
import { channelOf } from '#notifications/live/streams'
import { callFrom } from '#tests/support/limits'
import { openStream } from '#tests/support/live'
import { activeProject } from '#tests/support/projects'
import { tokenOf } from '#tests/support/users'
import { startWebProcess } from '#tests/support/web_process'

interface Readiness {
  status: number
  text: string
  checks: Record<string, string>
}

async function ready(url: string): Promise<Readiness> {
  const response = await fetch(`${url}/health/ready`)
  const text = await response.text()
  return { status: response.status, text, checks: JSON.parse(text).checks }
}

/** What counts for a quarter of a minute may be as old as that. */
const becomes = (url: string, check: string, word: string) =>
  waitFor(`${check} to be ${word}`, async () => (await ready(url)).checks[check] === word, {
    withinMs: 40_000,
    everyMs: 500,
  })

/** A mail server that takes everything. */
async function startMailServer(port: number) {
  const received: string[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    async onData(stream, session, done) {
      await buffer(stream)
      received.push(...session.envelope.rcptTo.map(({ address }) => address))
      done()
    },
  })
  server.on('error', () => {})
  const listener = server.listen(port, '127.0.0.1')
  await once(listener, 'listening')
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { port: (listener.address() as AddressInfo).port, received, stop }
}

/** A worker of its own, until `stop`. */
async function startWorker(env: Record<string, string>) {
  const logs = await mkdtemp(app.makePath('tmp', 'worker-'))
  const workers = new Processes({ env, logs })
  workers.start('worker', ace('queue:work', '--polling=0.5'))
  return {
    async stop() {
      await workers.stop()
      await rm(logs, { recursive: true, force: true })
    },
  }
}

const register = (server: string, email: string) =>
  callFrom({
    method: 'POST',
    path: '/api/auth/register',
    body: {
      email,
      password: 'correct horse battery staple',
      first_name: 'Ann',
      last_name: 'Example',
      user_type: 'client',
    },
    server,
  })

test.group('Readiness', (group) => {
  group.each.setup(resetAll)

  test('a process that starts without Redis, mail and worker says so, works, and has them when they come', async ({
    assert,
    cleanup,
  }) => {
    const { client, freelancer, project } = await activeProject()
    await drain()
    await db.rawQuery('DELETE FROM pgboss.instance')
    const [redisPort, mailPort] = [await freePort(), await freePort()]
    const env = {
      REDIS_URL: `redis://127.0.0.1:${redisPort}/0`,
      LIMITS_FACTOR: '1',
      MAIL_TRANSPORT: 'smtp',
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(mailPort),
    }
    const web = await startWebProcess(env)
    cleanup(() => web.stop())

    // It says what is missing and nothing about where that is, and takes requests.
    const first = await ready(web.url)
    assert.equal(first.status, 200)
    assert.deepEqual(first.checks, {
      database: 'ok',
      migrations: 'ok',
      job_queue: 'ok',
      worker: 'warning',
      storage: 'ok',
      redis: 'warning',
      mail: 'warning',
    })
    assert.notMatch(first.text, /127\.0\.0\.1|ECONN|\d{4,}|Error/)

    // Requests work, their limits hold, and news are heard at once.
    assert.equal((await register(web.url, 'ann@example.com')).status, 201)
    const guess = () =>
      callFrom({
        method: 'POST',
        path: '/api/auth/login',
        body: { email: 'ann@example.com', password: 'not this one, sorry' },
        server: web.url,
      })
    const answers: number[] = []
    for (let n = 0; n < 11; n++) answers.push((await guess()).status)
    assert.deepEqual(answers, [...Array.from({ length: 10 }, () => 401), 429])

    const stream = await openStream(freelancer, { url: web.url, uid: 'the-stream' })
    cleanup(() => stream.close())
    const subscribed = await callFrom({
      method: 'POST',
      path: '/__transmit/subscribe',
      body: { uid: 'the-stream', channel: channelOf(freelancer.id) },
      headers: { authorization: `Bearer ${await tokenOf(freelancer)}` },
      server: web.url,
    })
    assert.equal(subscribed.status, 204)
    const said = await callFrom({
      method: 'POST',
      path: `/api/projects/${project.id}/messages`,
      body: { body: 'Hello.' },
      headers: { authorization: `Bearer ${await tokenOf(client)}` },
      server: web.url,
    })
    assert.equal(said.status, 201)
    const isNews = ({ kind }: { kind: string }) => kind === 'message.received'
    await waitFor('the news', async () => stream.heard.some(isNews))

    // A worker comes. The mail waits for its server, and arrives.
    const worker = await startWorker(env)
    cleanup(() => worker.stop())
    await becomes(web.url, 'worker', 'ok')
    await waitFor('a mail that could not be sent', async () => {
      const { rows } = await db.rawQuery(
        `SELECT 1 FROM pgboss.job WHERE name = 'mail_link' AND state = 'retry'`
      )
      return rows.length > 0
    })
    const mail = await startMailServer(mailPort)
    cleanup(() => mail.stop())
    await becomes(web.url, 'mail', 'ok')
    await waitFor('the mail', async () => mail.received.includes('ann@example.com'), {
      withinMs: 60_000,
    })

    // Redis comes, goes and comes again.
    const redis = await startRedis({ port: redisPort })
    cleanup(() => redis.stop())
    assert.equal(redis.port, redisPort)
    await becomes(web.url, 'redis', 'ok')
    await redis.stop()
    await becomes(web.url, 'redis', 'warning')
    assert.equal((await ready(web.url)).status, 200)
    assert.equal((await register(web.url, 'bob@example.com')).status, 201)
    const again = await startRedis({ port: redisPort })
    cleanup(() => again.stop())
    await becomes(web.url, 'redis', 'ok')
    await drain({ mayFail: true })
  }).timeout(240_000)

  test('a folder that cannot be written to, and a container that is gone, are warnings', async ({
    assert,
    cleanup,
  }) => {
    const folder = await mkdtemp(app.makePath('tmp', 'no-folder-'))
    cleanup(() => rm(folder, { recursive: true, force: true }))
    const file = `${folder}/a-file`
    await writeFile(file, '')
    const web = await startWebProcess({ DRIVE_ROOT: file })
    cleanup(() => web.stop())
    const { status, checks } = await ready(web.url)
    assert.equal(status, 200)
    assert.equal(checks.storage, 'warning')
    await rm(file)
    await becomes(web.url, 'storage', 'ok')

    const azurite = await startAzurite()
    cleanup(() => azurite.stop())
    const inCloud = await startWebProcess({
      DRIVE_DISK: 'azure',
      AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString,
      AZURE_STORAGE_CONTAINER: 'safesend',
    })
    cleanup(() => inCloud.stop())
    assert.equal((await ready(inCloud.url)).checks.storage, 'warning')
    await azurite.service.getContainerClient('safesend').createIfNotExists()
    await becomes(inCloud.url, 'storage', 'ok')
  }).timeout(120_000)

  test('a mail server that is full costs a probe no more than seconds, and the next one nothing', async ({
    assert,
    cleanup,
  }) => {
    const { createServer } = await import('node:net')
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    cleanup(() => void silent.close())
    const { port } = silent.address() as AddressInfo
    const web = await startWebProcess({
      MAIL_TRANSPORT: 'smtp',
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(port),
    })
    cleanup(() => web.stop())
    const began = Date.now()
    const { status, checks } = await ready(web.url)
    assert.equal(status, 200)
    assert.equal(checks.mail, 'warning')
    assert.isBelow(Date.now() - began, 4000)
    const later = Date.now()
    await ready(web.url)
    assert.isBelow(Date.now() - later, 1000)
  }).timeout(60_000)
})
