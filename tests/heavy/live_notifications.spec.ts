import strict from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from '@japa/runner'
import app from '@adonisjs/core/services/app'
import db from '@adonisjs/lucid/services/db'
import transmitConfig from '#config/transmit'
import autoApproveDue from '#jobs/auto_approve_due'
import { enqueue } from '#jobs/queue'
import type User from '#models/user'
import { channelOf, streams } from '#notifications/live/streams'
import { notify } from '#notifications/notify'
import { issueAccessToken } from '#identity/access_tokens'
import { startSession } from '#identity/sessions'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { openStream, until, type Heard, type RawStream } from '#tests/support/live'
import { submittedMilestone } from '#tests/support/projects'
import { aClient, tokenOf } from '#tests/support/users'
import { startWebProcess } from '#tests/support/web_process'
import { ace, Processes } from '../../bin/surroundings/processes.js'
import { startRedis } from '../../bin/surroundings/redis.js'

const DROPS = 200

/** May call the web processes from a browser. */
const FRONTEND = 'https://frontend.example'

/** Transactions that run side by side; every fourth is rolled back. */
const MAKERS = 8

const completed = (user: User) => ({
  userId: user.id,
  kind: 'project.completed' as const,
  data: { project_id: randomUUID(), project_title: 'A website' },
})

/** A client as the documentation asks for it: what a stream brings, and the rest by number. */
class Client {
  /** In the order in which they were taken. */
  taken: Heard[] = []
  live = 0
  replayed = 0
  #last = 0

  constructor(private user: User) {}

  /** A stream that was open for a while, and everything until it was cut off. */
  async listen(cut: (stream: RawStream) => Promise<unknown>): Promise<void> {
    const stream = await openStream(this.user)
    if (stream.status !== 200) throw new Error(`The stream was refused: ${stream.status}`)
    await this.#catchUp()
    const take = async () => {
      for (let n = 0; n < stream.heard.length; n++) {
        const message = stream.heard[n]
        if (message.seq > this.#last + 1) await this.#catchUp()
        else if (this.#take(message)) this.live++
      }
    }
    await cut(stream)
    await take()
    stream.close()
    await stream.ended
  }

  async #catchUp(): Promise<void> {
    for (let more = true; more;) {
      const query = { after: this.#last, limit: 100 }
      const page = await api(this.user).get('notifications', { query })
      for (const message of expectData(page)) if (this.#take(message)) this.replayed++
      more = page.body.meta.has_more
    }
  }

  #take(message: Heard): boolean {
    if (message.seq <= this.#last) return false
    this.taken.push(message)
    this.#last = message.seq
    return true
  }
}

test.group('Live notifications', (group) => {
  group.each.setup(resetAll)

  test(`a client whose stream is dropped ${DROPS} times loses nothing`, async ({ assert }) => {
    const user = await aClient()
    const client = new Client(user)
    let dropped = 0
    let rolledBack = 0
    const make = async () => {
      for (let n = 0; dropped < DROPS; n++) {
        const trx = await db.transaction()
        await notify(trx, completed(user))
        if (n % 2) await notify(trx, completed(user))
        if (n % 4 === 3) {
          await trx.rollback()
          rolledBack++
        } else await trx.commit()
        await sleep(Math.random() * 30)
      }
    }
    const makers = Promise.all(Array.from({ length: MAKERS }, make))
    for (; dropped < DROPS; dropped++) {
      // At once, in the middle of news, or after some.
      await client.listen((stream) =>
        Promise.race([
          until('news', () => stream.heard.length > dropped % 5),
          sleep(dropped % 3 ? 400 : 0),
        ])
      )
    }
    await makers
    await client.listen(() => sleep(2 * transmitConfig.pingInterval))

    const rows = await db.from('notifications').where('user_id', user.id).orderBy('seq')
    assert.deepEqual(
      client.taken.map(({ seq }) => seq),
      Array.from({ length: rows.length }, (_, n) => n + 1)
    )
    assert.deepEqual(
      client.taken.map(({ id }) => id),
      rows.map(({ id }) => id)
    )
    // Both halves had something to do.
    assert.isAbove(client.live, DROPS / 4)
    assert.isAbove(client.replayed, DROPS / 4)
    assert.isAbove(rolledBack, DROPS / 8)
    console.log(
      `    ${rows.length} made, ${rolledBack} rolled back, ${client.live} heard live, ${client.replayed} replayed`
    )
    await until('all streams to be closed', () => streams.load.streams === 0)
  }).timeout(300_000)

  test('with Redis two web processes and a worker act as one, and without it just the same', async ({
    assert,
  }) => {
    const redis = await startRedis()
    const env = { REDIS_URL: redis.url, CORS_ORIGINS: FRONTEND }
    const logs = await mkdtemp(app.makePath('tmp', 'worker-'))
    const workers = new Processes({ env, logs })
    workers.start('worker', ace('queue:work'))
    const webs = await Promise.all([startWebProcess(env), startWebProcess(env)])
    const [one, two] = webs
    try {
      const { client, freelancer, project, milestone } = await submittedMilestone()
      const opened = await Promise.all(
        webs.map(({ url }) => openStream(freelancer, { url, uid: 'the-same-for-both' }))
      )
      const heardByBoth = async (kind: string, times = 1) => {
        const has = ({ heard }: RawStream) =>
          heard.filter((message) => message.kind === kind).length === times
        await until(`${kind} on both`, () => opened.every(has))
      }
      const write = async (url: string) => {
        const response = await fetch(`${url}/api/projects/${project.id}/messages`, {
          method: 'POST',
          headers: {
            'authorization': `Bearer ${await tokenOf(client)}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ body: 'Hello.' }),
        })
        assert.equal(response.status, 201)
      }

      // A balancer sends the subscription of a stream wherever it likes.
      for (const { url } of webs) {
        const response = await fetch(`${url}/__transmit/subscribe`, {
          method: 'POST',
          headers: {
            'authorization': `Bearer ${await tokenOf(freelancer)}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ uid: 'the-same-for-both', channel: channelOf(freelancer.id) }),
        })
        assert.equal(response.status, 204)
      }
      await assertOpenTo(one.url, FRONTEND, freelancer)

      await write(one.url)
      await heardByBoth('message.received')
      await write(two.url)
      await heardByBoth('message.received', 2)

      // Made by the worker, which serves nobody.
      await db
        .from('milestones')
        .where('id', milestone.id)
        .update({ auto_approve_at: db.raw(`now() - interval '1 minute'`) })
      await enqueue(db, autoApproveDue, {})
      await heardByBoth('release.made')

      await redis.stop()
      await write(one.url)
      await heardByBoth('message.received', 3)
      const all = await db.from('notifications').where('user_id', freelancer.id).orderBy('seq')
      const seqs = all.map(({ seq }) => Number(seq))
      for (const { heard } of opened) {
        assert.deepEqual(
          heard.map(({ seq }) => seq),
          seqs.slice(-heard.length)
        )
      }

      // A session that is ended at one ends its streams at the other.
      const { session } = await db.transaction((trx) => startSession(trx, freelancer, {}))
      const token = await issueAccessToken({ userId: freelancer.id, sessionId: session.id })
      const doomed = await openStream(freelancer, { url: two.url, token })
      const goodbye = await fetch(`${one.url}/api/auth/logout`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      })
      assert.isBelow(goodbye.status, 300)
      const since = performance.now()
      await doomed.ended
      assert.isBelow(performance.now() - since, transmitConfig.pingInterval + 3000)
      assert.isFalse(opened[1].isOver)

      // Who is told to stop stops, however many streams are open.
      const stopping = performance.now()
      await one.stop()
      assert.isBelow(performance.now() - stopping, 10_000)
      await opened[0].ended
      await write(two.url)
      await until('the one that is left', () =>
        opened[1].heard.some(({ seq }) => seq === seqs.length + 1)
      )
      opened[1].close()
    } finally {
      await workers.stop()
      await Promise.all(webs.map((web) => web.stop()))
      await redis.stop()
      await rm(logs, { recursive: true, force: true })
    }
  }).timeout(180_000)
})

/** A browser lets the frontend's client subscribe and listen, with credentials as that client asks. */
async function assertOpenTo(url: string, origin: string, user: User): Promise<void> {
  const asked = {
    'origin': origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,x-xsrf-token',
  }
  const preflight = await fetch(`${url}/__transmit/subscribe`, {
    method: 'OPTIONS',
    headers: asked,
  })
  const stream = await fetch(`${url}/__transmit/events?uid=browser`, {
    headers: { origin, authorization: `Bearer ${await tokenOf(user)}` },
  })
  for (const { status, headers } of [preflight, stream]) {
    strict.ok(status < 300)
    strict.equal(headers.get('access-control-allow-origin'), origin)
    strict.equal(headers.get('access-control-allow-credentials'), 'true')
  }
  strict.equal(
    preflight.headers.get('access-control-allow-headers'),
    'authorization,content-type,x-xsrf-token'
  )
  strict.equal(stream.headers.get('content-type'), 'text/event-stream')
  await stream.body!.cancel()

  const stranger = await fetch(`${url}/__transmit/subscribe`, {
    method: 'OPTIONS',
    headers: { ...asked, origin: 'https://elsewhere.example' },
  })
  strict.equal(stranger.headers.get('access-control-allow-origin'), null)
}
