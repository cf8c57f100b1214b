import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type User from '#models/user'
import { channelOf, streams } from '#notifications/live/streams'
import { notify, notifyAll } from '#notifications/notify'
import { issueAccessToken } from '#identity/access_tokens'
import { refreshSession } from '#identity/refresh_session'
import { revokeSession, revokeSessionsOf, startSession } from '#identity/sessions'
import { api, expectData } from '#tests/support/api'
import { inTransaction } from '#database/transaction'
import { resetAll } from '#tests/support/database'
import { queriesOf } from '#tests/support/many_projects'
import {
  openStream,
  ownUrl,
  transmitClient,
  until,
  type Heard,
  type RawStream,
} from '#tests/support/live'
import { aClient, aFreelancer, tokenOf } from '#tests/support/users'
import transmitConfig from '#config/transmit'

const PING = transmitConfig.pingInterval

/** A ping, and what the machine needs for it when it has other things to do. */
const WITHIN_A_PING = PING + 1500

const completed = (user: User) => ({
  userId: user.id,
  kind: 'project.completed' as const,
  data: { project_id: randomUUID(), project_title: 'A website' },
})
const tell = (user: User, times = 1) =>
  db.transaction(async (trx) => {
    for (let n = 0; n < times; n++) await notify(trx, completed(user))
  })
const seqs = (heard: Heard[]) => heard.map(({ seq }) => seq)
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

/** Asks as a client would, and answers the problem document of a refusal. */
async function ask(path: string, user: User | undefined, body: unknown) {
  const response = await fetch(`${ownUrl()}/__transmit/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(user && { authorization: `Bearer ${await tokenOf(user)}` }),
    },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, problem: text ? JSON.parse(text) : undefined }
}

test.group('Streams of notifications', (group) => {
  const open: { close(): void }[] = []
  const stream = async (...args: Parameters<typeof openStream>): Promise<RawStream> => {
    const opened = await openStream(...args)
    open.push(opened)
    return opened
  }
  group.each.setup(resetAll)
  group.each.teardown(async () => {
    for (const each of open.splice(0)) each.close()
    await until('all streams to be closed', () => streams.load.streams === 0)
  })

  test('what somebody is told arrives on their stream as the list has it, and on no other', async ({
    assert,
  }) => {
    const [user, other] = [await aClient(), await aFreelancer()]
    const [mine, theirs] = [await stream(user), await stream(other)]
    assert.equal(mine.status, 200)
    await tell(user)
    await until('the notification', () => mine.heard.length > 0)
    assert.deepEqual(mine.heard, expectData(await api(user).get('notifications')))
    await tell(other)
    await until('the notification of the other', () => theirs.heard.length > 0)
    assert.deepEqual(seqs(theirs.heard), [1])
    assert.lengthOf(mine.heard, 1)
  })

  test('nothing is heard before the commit, and never what was rolled back', async ({ assert }) => {
    const user = await aClient()
    const mine = await stream(user)
    const trx = await db.transaction()
    await notify(trx, completed(user))
    await new Promise((resolve) => setTimeout(resolve, PING + 200))
    assert.isEmpty(mine.heard)
    await trx.rollback()
    await tell(user, 2)
    await until('both', () => mine.heard.length === 2)
    assert.deepEqual(seqs(mine.heard), [1, 2])
  })

  test('the order is that of the numbers however many transactions run at once', async ({
    assert,
  }) => {
    const user = await aClient()
    const [first, second] = [await stream(user), await stream(user)]
    await Promise.all(Array.from({ length: 60 }, () => tell(user, 2)))
    await until('all', () => first.heard.length >= 120 && second.heard.length >= 120)
    assert.deepEqual(seqs(first.heard), upTo(120))
    assert.deepEqual(seqs(second.heard), upTo(120))
  })

  test('news for many at once is read together, and reaches each of them', async ({ assert }) => {
    const users = await Promise.all(Array.from({ length: 60 }, () => aClient()))
    const theirs = await Promise.all(users.map((user) => stream(user)))
    const sent = await queriesOf(async () => {
      await inTransaction((trx) => notifyAll(trx, users.map(completed)))
      await until('all', () => theirs.every(({ heard }) => heard.length > 0))
    })
    // The first is read as soon as its word comes, and all others while that is read.
    assert.isAtMost(sent.filter((sql) => sql.includes('FROM notifications')).length, 6)
    for (const { heard } of theirs) assert.deepEqual(seqs(heard), [1])
  })

  test("the frontend's client subscribes, hears, and goes on after it was refused or cut off", async ({
    assert,
  }) => {
    const user = await aClient()
    const token = await tokenOf(user)
    let subscribed = 0
    let asked = 0
    const client = transmitClient({
      // The first is one that has just run out.
      token: () => (asked++ === 0 ? 'x' : token),
      onSubscription: () => subscribed++,
    })
    open.push(client)
    const heard: Heard[] = []
    const subscription = client.subscription(channelOf(user.id))
    subscription.onMessage((message: Heard) => heard.push(message))
    await subscription.create()
    await until('the subscription', () => subscribed === 1)
    await tell(user)
    await until('the first', () => heard.length === 1)

    // The same name again, as after a lost connection that only the client noticed.
    const thief = await stream(user, { uid: client.uid })
    await until('the client to come back', () => subscribed === 2)
    await thief.ended
    await tell(user)
    await until('the second', () => heard.length === 2)
    assert.deepEqual(seqs(heard), [1, 2])
    await subscription.delete()
    assert.isTrue(subscription.isDeleted)
  })

  test('channels that do not exist are refused, and those of others, in whatever disguise', async ({
    assert,
  }) => {
    const [user, other] = [await aClient(), await aFreelancer()]
    const theirs = await stream(other)
    for (const path of ['subscribe', 'unsubscribe']) {
      for (const channel of [
        'news',
        '*',
        '$$transmit/ping',
        'users',
        `users/${user.id}`,
        'users/*/notifications',
        'users/:id/notifications',
        channelOf(other.id),
        channelOf(user.id).toUpperCase(),
        `users/${user.id.toUpperCase()}/notifications`,
        `${channelOf(user.id)}/`,
        `/${channelOf(user.id)}`,
        ` ${channelOf(user.id)}`,
        `${channelOf(user.id)}\u0000`,
        `${channelOf(user.id)}/../../${other.id}/notifications`,
        `users/${user.id}/../${other.id}/notifications`,
        `users/${user.id}%2fnotifications`,
        encodeURIComponent(channelOf(other.id)),
        `users//${other.id}/notifications`,
      ]) {
        const { status, problem } = await ask(path, user, { uid: randomUUID(), channel })
        assert.equal(status, 403, channel)
        assert.equal(problem.code, 'channel_refused')
      }
      const own = channelOf(user.id)
      assert.equal((await ask(path, user, { uid: randomUUID(), channel: own })).status, 204)
      assert.equal((await ask(path, undefined, { uid: randomUUID(), channel: own })).status, 401)
      for (const body of [
        {},
        { channel: own },
        { uid: randomUUID() },
        { uid: 'a b', channel: own },
        { uid: randomUUID(), channel: [own] },
        { uid: { $ne: 1 }, channel: own },
      ]) {
        assert.equal((await ask(path, user, body)).status, 422, JSON.stringify(body))
      }
    }
    await tell(user)
    await tell(other)
    await until('their own', () => theirs.heard.length > 0)
    assert.notInclude(theirs.text, user.id)
  })

  test("who knows the name of another's stream can neither listen to it nor put anything on it", async ({
    assert,
  }) => {
    const [user, thief] = [await aClient(), await aFreelancer()]
    const uid = randomUUID()
    const mine = await stream(user, { uid })
    await ask('subscribe', thief, { uid, channel: channelOf(thief.id) })
    assert.equal((await ask('subscribe', thief, { uid, channel: channelOf(user.id) })).status, 403)
    const stolen = await stream(thief, { uid })
    assert.equal((await ask('subscribe', user, { uid, channel: channelOf(user.id) })).status, 204)
    await tell(user)
    await tell(thief)
    await until('both', () => mine.heard.length > 0 && stolen.heard.length > 0)
    assert.notInclude(stolen.text, user.id)
    assert.notInclude(mine.text, thief.id)
    assert.isFalse(mine.isOver)
  })

  test('a stream is opened by who is signed in, under a name, and not without end', async ({
    assert,
  }) => {
    const user = await aClient()
    for (const token of ['', 'x', 'eyJhbGciOiJub25lIn0.e30.']) {
      assert.equal((await stream(user, { token })).status, 401)
    }
    for (const query of ['', 'uid=', 'uid=%00', 'uid[]=a', `uid=${'a'.repeat(65)}`, 'uid=../x']) {
      assert.equal((await stream(user, { query })).status, 422, query)
    }
    const opened = await Promise.all(Array.from({ length: 20 }, () => stream(user)))
    assert.isTrue(opened.every(({ status }) => status === 200))
    assert.equal((await stream(user)).status, 429)
    assert.equal((await stream(await aClient())).status, 200)
    opened[0].close()
    await until('one less', () => streams.load.streams === 20)
    assert.equal((await stream(user)).status, 200)
  })

  test('HEAD is answered and leaves nothing open; rubbish is refused in words', async ({
    assert,
  }) => {
    const user = await aClient()
    const authorization = `Bearer ${await tokenOf(user)}`
    const events = `${ownUrl()}/__transmit/events`
    const head = await fetch(`${events}?uid=a`, { method: 'HEAD', headers: { authorization } })
    assert.equal(head.status, 200)
    assert.match(head.headers.get('content-type')!, /^text\/event-stream/)
    assert.equal(streams.load.streams, 0)

    const rubbish: [string, string, string][] = [
      ['subscribe', 'application/json', '{'],
      ['subscribe', 'application/json', '[]'],
      ['subscribe', 'application/json', 'null'],
      ['unsubscribe', 'application/json', '"x"'],
      ['subscribe', 'text/plain', 'uid=a'],
      ['subscribe', 'application/x-www-form-urlencoded', 'uid=a&channel=b'],
      ['unsubscribe', 'multipart/form-data; boundary=x', '--x--'],
      ['subscribe', 'application/json', '['.repeat(10_000)],
      ['subscribe', 'application/json', `{"uid":"a","channel":"${'c'.repeat(2_000_000)}"}`],
      ['events', 'application/json', '{}'],
      ['nothing', 'application/json', '{}'],
    ]
    for (const [path, type, body] of rubbish) {
      const answer = await fetch(`${ownUrl()}/__transmit/${path}`, {
        method: 'POST',
        headers: { authorization, 'content-type': type },
        body,
      })
      assert.isAtLeast(answer.status, 400)
      assert.isBelow(answer.status, 500, body.slice(0, 40))
      assert.match(answer.headers.get('content-type')!, /^application\/problem\+json/)
      assert.isString(((await answer.json()) as { code: string }).code)
    }
  })

  test("a stream ends within a ping once its session is revoked; the user's others go on", async ({
    assert,
  }) => {
    const user = await aClient()
    const { session } = await db.transaction((trx) => startSession(trx, user, {}))
    const token = await issueAccessToken({ userId: user.id, sessionId: session.id })
    const [stolen, own] = [await stream(user, { token }), await stream(user)]
    await new Promise((resolve) => setTimeout(resolve, 2 * PING + 100))
    assert.isFalse(stolen.isOver)
    assert.include(stolen.text, '$$transmit/ping')

    await db.transaction((trx) => revokeSession(trx, session.id, 'logout'))
    const since = performance.now()
    await stolen.ended
    assert.isBelow(performance.now() - since, WITHIN_A_PING)
    assert.equal((await stream(user, { token })).status, 401)
    assert.isFalse(own.isOver)
    await tell(user)
    await until('the one that goes on', () => own.heard.length === 1)
    assert.isEmpty(stolen.heard)

    await db.transaction((trx) => revokeSessionsOf(trx, user.id, 'password_reset'))
    await own.ended
  })

  test('a stream whose session has run out of time ends as well', async ({ assert }) => {
    const user = await aClient()
    const mine = await stream(user)
    await db
      .from('sessions')
      .where('user_id', user.id)
      .update({ expires_at: db.raw('now()') })
    const since = performance.now()
    await mine.ended
    assert.isBelow(performance.now() - since, WITHIN_A_PING)
  })

  test('a stream outlives the access token that opened it, as its session does', async ({
    assert,
  }) => {
    const user = await aClient()
    const { session, refreshToken } = await db.transaction((trx) => startSession(trx, user, {}))
    const token = await issueAccessToken({ userId: user.id, sessionId: session.id })
    const mine = await stream(user, { token })
    const renewed = await refreshSession(refreshToken)
    await refreshSession(renewed.refreshToken)
    await new Promise((resolve) => setTimeout(resolve, 2 * PING))
    await tell(user)
    await until('the notification', () => mine.heard.length === 1)
    assert.isFalse(mine.isOver)
  })

  test('the pings of all streams ask the database once', async ({ assert }) => {
    const users = await Promise.all(Array.from({ length: 5 }, () => aClient()))
    await Promise.all(users.map((user) => stream(user)))
    let queries = 0
    const knex = db.connection().getReadClient()
    const count = ({ sql }: { sql: string }) => (queries += Number(sql.includes('FROM sessions')))
    knex.on('query', count)
    await new Promise((resolve) => setTimeout(resolve, 4 * PING + PING / 2))
    knex.removeListener('query', count)
    assert.isAtLeast(queries, 2)
    assert.isAtMost(queries, 5)
  })

  test('after the connection that hears is lost nothing is missing, nor twice', async ({
    assert,
  }) => {
    const user = await aClient()
    const mine = await stream(user)
    for (let round = 0; round < 5; round++) {
      await tell(user)
      const { rows } = await db.rawQuery(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'safesend live'`
      )
      assert.isAtMost(rows.length, 1)
      await tell(user)
      await until('what was made meanwhile', () => mine.heard.length >= 2 * (round + 1))
    }
    assert.deepEqual(seqs(mine.heard), upTo(10))
  })

  test('a client that reads nothing is cut off before what waits for it fills the memory', async ({
    assert,
  }) => {
    const user = await aClient()
    const socket: Socket = connect({ host: process.env.HOST, port: Number(process.env.PORT) })
    await once(socket, 'connect')
    socket.on('error', () => {})
    socket.write(
      `GET /__transmit/events?uid=${randomUUID()} HTTP/1.1\r\nHost: localhost\r\n` +
        `Authorization: Bearer ${await tokenOf(user)}\r\n\r\n`
    )
    await once(socket, 'data')
    socket.pause()
    const reader = await stream(user)
    let most = 0
    for (let n = 0; n < 60 && streams.load.streams === 2; n++) {
      await tellAtLength(user, 250)
      await until('the reader', () => reader.heard.length === 250 * (n + 1))
      most = Math.max(most, streams.load.unread)
    }
    assert.equal(streams.load.streams, 1, 'the silent one is still there')
    assert.isAtMost(most, 1000)
    assert.isFalse(reader.isOver)
    socket.destroy()
  }).timeout(120_000)
})

/** Notifications with long words, all in one statement: what they say does not matter here. */
async function tellAtLength(user: User, times: number): Promise<void> {
  await db.rawQuery(
    `WITH numbered AS (
       UPDATE users SET notification_seq = notification_seq + ? WHERE id = ? RETURNING id, notification_seq
     ), made AS (
       INSERT INTO notifications (user_id, seq, kind, title, body)
       SELECT id, notification_seq - ? + n, 'project.completed', 'Long', repeat('word ', 1000)
         FROM numbered, generate_series(1, ?) n
     )
     SELECT pg_notify('notification_made', id::text) FROM numbered`,
    [times, user.id, times, times]
  )
}
