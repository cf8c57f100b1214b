import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type User from '#models/user'
import { notify, notifyAll } from '#notifications/notify'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { aClient, aFreelancer } from '#tests/support/users'

const about = (title: string) => ({ project_id: randomUUID(), project_title: title })
const completed = (user: User, title = 'A website') => ({
  userId: user.id,
  kind: 'project.completed' as const,
  data: about(title),
})
const tell = (user: User, times = 1) =>
  db.transaction(async (trx) => {
    for (let n = 0; n < times; n++) await notify(trx, completed(user))
  })
const seqs = (data: { seq: number }[]) => data.map(({ seq }) => seq)
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

test.group('Notifications', (group) => {
  group.each.setup(resetAll)

  test('a notification has words, a kind and what it is about', async ({ assert }) => {
    const user = await aClient()
    const data = about('A website')
    await db.transaction((trx) => notify(trx, { userId: user.id, kind: 'project.completed', data }))
    const [one] = expectData(await api(user).get('notifications'))
    assert.equal(one.kind, 'project.completed')
    assert.equal(one.title, 'Project completed')
    assert.include(one.body, '"A website"')
    assert.deepEqual(one.data, data)
    assert.equal(one.seq, 1)
    assert.isNull(one.read_at)
    assert.match(one.created_at, /^\d{4}-.*Z$/)
  })

  test('50 notifications of one user at the same moment are numbered without gaps', async ({
    assert,
  }) => {
    const user = await aClient()
    await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        db
          .transaction(async (trx) => {
            await notify(trx, completed(user))
            if (n % 5 === 0) throw new Error('rolled back')
          })
          .catch(() => {})
      )
    )
    const rows = await db.from('notifications').where('user_id', user.id).orderBy('seq')
    assert.deepEqual(
      rows.map(({ seq }) => Number(seq)),
      upTo(40)
    )
  })

  test('two parties told at once, in either order, do not block each other', async ({ assert }) => {
    const [client, freelancer] = [await aClient(), await aFreelancer()]
    const both = [completed(client), completed(freelancer)]
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        db.transaction((trx) => notifyAll(trx, n % 2 ? both : both.toReversed()))
      )
    )
    const [{ total }] = await db.from('notifications').count('* as total')
    assert.equal(Number(total), 80)
  })

  test('the list is newest first and pages without gaps while new ones arrive', async ({
    assert,
  }) => {
    const user = await aClient()
    await tell(user, 5)
    const first = await api(user).get('notifications', { query: { limit: 2 } })
    assert.deepEqual(seqs(first.data), [5, 4])
    assert.equal(first.body.meta.unread_count, 5)
    await tell(user)
    const second = await api(user).get('notifications', {
      query: { limit: 2, after: first.body.meta.next_cursor },
    })
    assert.deepEqual(seqs(second.data), [3, 2])
    const third = await api(user).get('notifications', {
      query: { limit: 2, after: second.body.meta.next_cursor },
    })
    assert.deepEqual(seqs(third.data), [1])
    assert.isFalse(third.body.meta.has_more)
  })

  test('who reconnects asks for what came after the last number, oldest first', async ({
    assert,
  }) => {
    const user = await aClient()
    await tell(user, 7)
    const first = await api(user).get('notifications', { query: { after: 2, limit: 3 } })
    assert.deepEqual(seqs(first.data), [3, 4, 5])
    const second = await api(user).get('notifications', {
      query: { after: first.body.meta.next_cursor, limit: 3 },
    })
    assert.deepEqual(seqs(second.data), [6, 7])
    assert.deepEqual(seqs(expectData(await api(user).get('notifications?after=0'))), upTo(7))
    assert.isEmpty(expectData(await api(user).get('notifications?after=999999999999999999')))
  })

  test('one is marked as read once, and the list can leave the read ones out', async ({
    assert,
  }) => {
    const user = await aClient()
    await tell(user, 3)
    const [newest] = expectData(await api(user).get('notifications'))
    const read = expectData(await api(user).put(`notifications/${newest.id}/read`))
    assert.match(read.read_at, /Z$/)
    const again = expectData(await api(user).put(`notifications/${newest.id}/read`))
    assert.equal(again.read_at, read.read_at)
    const unread = await api(user).get('notifications?unread=true')
    assert.deepEqual(seqs(unread.data), [2, 1])
    assert.equal(unread.body.meta.unread_count, 2)
    assert.deepEqual(seqs(expectData(await api(user).get('notifications?unread=false'))), [3])
  })

  test('all, or all up to the last one seen, are marked as read', async ({ assert }) => {
    const [user, other] = [await aClient(), await aClient()]
    await tell(user, 4)
    await tell(other, 1)
    const seen = await api(user).post('notifications/read-all', { up_to_seq: 3 })
    assert.deepEqual(expectData(seen), { marked: 3 })
    assert.deepEqual(expectData(await api(user).post('notifications/read-all')), { marked: 1 })
    assert.deepEqual(expectData(await api(user).post('notifications/read-all')), { marked: 0 })
    assert.equal((await api(other).get('notifications')).body.meta.unread_count, 1)
  })

  test("other people's notifications are neither listed nor found", async ({ assert }) => {
    const [user, other] = [await aClient(), await aFreelancer()]
    await tell(other)
    const [theirs] = expectData(await api(other).get('notifications'))
    assert.isEmpty(expectData(await api(user).get('notifications')))
    expectProblem(await api(user).put(`notifications/${theirs.id}/read`), 404, 'not_found')
    expectProblem(await api(user).put(`notifications/${randomUUID()}/read`), 404, 'not_found')
    expectProblem(await api(user).put('notifications/7/read'), 404, 'not_found')
    assert.isNull(expectData(await api(other).get('notifications'))[0].read_at)
  })

  test('bad questions are refused, and nobody is answered without a token', async () => {
    const user = await aClient()
    for (const query of [
      'after=yesterday',
      'after=-1',
      'after=1.5',
      'after=1e3',
      'after=9999999999999999999999',
      'limit=0',
      'limit=101',
      'limit=x',
      'unread=perhaps',
      'after[]=1',
    ]) {
      expectProblem(await api(user).get(`notifications?${query}`), 422, 'validation_failed')
    }
    for (const body of [{ up_to_seq: -1 }, { up_to_seq: '3' }, { up_to_seq: 1.5 }]) {
      expectProblem(await api(user).post('notifications/read-all', body), 422, 'validation_failed')
    }
    expectProblem(await api().get('notifications'), 401)
    expectProblem(await api().post('notifications/read-all'), 401)
  })
})
