import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { jobs } from '#jobs/index'
import { countDeadLetters, defineJob, drainQueue, enqueue } from '#jobs/queue'
import { resetAll } from '#tests/support/database'
import { queriesOf } from '#tests/support/many_projects'
import { console, createStaff } from '#tests/support/staff'

const REASON = { reason: 'The outage is over.' }

let isBroken = true
let runs: string[] = []
const flaky = defineJob<{ say: string; token?: string }>({
  name: 'flaky_test_job',
  retryLimit: 1,
  async handle({ say }) {
    if (isBroken) throw new Error('the <b>provider</b> is away')
    runs.push(say)
  },
})

const QUEUE = '/console/jobs/flaky_test_job'
const DEAD = '/console/jobs/dead_letters'

const actions = async () => (await db.from('audit_log').orderBy('id')).map(({ action }) => action)

async function deadLetters(): Promise<{ id: string; source_id: string }[]> {
  const { rows } = await db.rawQuery(
    `SELECT id, source_id FROM pgboss.job WHERE name = 'dead_letters' AND state = 'created' ORDER BY created_on`
  )
  return rows
}

test.group('Jobs at the console', (group) => {
  group.setup(() => {
    jobs.push(flaky)
    return () => void jobs.splice(jobs.indexOf(flaky), 1)
  })
  group.each.setup(async () => {
    await resetAll()
    await db.rawQuery('DELETE FROM pgboss.job')
    isBroken = true
    runs = []
  })

  test('queues show what waits and what has failed; a job shows its error, and no secret', async ({
    assert,
  }) => {
    await enqueue(db, flaky, { say: 'one', token: 'opaque-9' })
    await drainQueue({ retryNow: true })
    await enqueue(db, flaky, { say: 'two' })
    const browser = console(await createStaff({ role: 'support' }))
    const index = await browser.get('/console/jobs')
    assert.include(index.text, QUEUE)
    assert.include(index.text, `${DEAD}?from=flaky_test_job`)
    const [letter] = await deadLetters()
    const list = await browser.get(`${DEAD}?from=flaky_test_job`)
    assert.include(list.text, `${DEAD}/${letter.id}`)
    assert.include(list.text, 'the &lt;b&gt;provider&lt;/b&gt; is away')
    const failed = await browser.get(`${QUEUE}/${letter.source_id}`)
    assert.include(failed.text, `${DEAD}/${letter.id}`)
    assert.include(failed.text, '2 of 2')
    const page = await browser.get(`${DEAD}/${letter.id}`)
    assert.include(page.text, '&quot;say&quot;: &quot;one&quot;')
    assert.notInclude(page.text, 'opaque-9')
    assert.notInclude(page.text, '<b>provider</b>')
    assert.equal((await browser.get('/console/jobs/no_such_queue')).status, 404)
    assert.equal((await browser.get(`${QUEUE}/nonsense`)).status, 404)
  })

  test('one dead letter is tried again, and only once by two who press', async ({ assert }) => {
    for (const say of ['one', 'two']) await enqueue(db, flaky, { say })
    await drainQueue({ retryNow: true })
    isBroken = false
    const [letter] = await deadLetters()
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(`${DEAD}/${letter.id}`)
    await Promise.all([
      browser.post(`${DEAD}/${letter.id}/retry`, REASON),
      browser.post(`${DEAD}/${letter.id}/retry`, REASON),
    ])
    await drainQueue()
    assert.lengthOf(runs, 1)
    assert.deepEqual(await countDeadLetters(), { flaky_test_job: 1 })
    assert.deepEqual(await actions(), ['job.retried'])
  })

  test('a job that waits for its next try is tried now, one that is done is not', async ({
    assert,
  }) => {
    const id = await enqueue(db, flaky, { say: 'one' })
    await drainQueue()
    isBroken = false
    assert.equal((await drainQueue()).done, 0)
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(`${QUEUE}/${id}`)
    await browser.post(`${QUEUE}/${id}/retry`, REASON)
    await drainQueue()
    assert.deepEqual(runs, ['one'])
    const again = await browser.submit(`${QUEUE}/${id}/retry`, REASON, `${QUEUE}/${id}`)
    assert.include(again.text, 'This job is not waiting to be tried again')
    assert.deepEqual(await actions(), ['job.retried'])
  })

  test('one that has failed for good is tried again by way of its dead letter, or without one', async ({
    assert,
  }) => {
    const id = await enqueue(db, flaky, { say: 'one' })
    await drainQueue({ retryNow: true })
    isBroken = false
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(`${QUEUE}/${id}`)
    await browser.post(`${QUEUE}/${id}/retry`, REASON)
    await drainQueue()
    assert.deepEqual(runs, ['one'])
    assert.deepEqual(await countDeadLetters(), {})
    await browser.post(`${QUEUE}/${id}/retry`, REASON)
    await drainQueue()
    assert.deepEqual(runs, ['one', 'one'])
  })

  test('all dead letters of a queue go back to it', async ({ assert }) => {
    for (const say of ['one', 'two', 'three']) await enqueue(db, flaky, { say })
    await drainQueue({ retryNow: true })
    isBroken = false
    const browser = console(await createStaff({ role: 'support' }))
    const page = await browser.submit(`${QUEUE}/redrive`, REASON, QUEUE)
    assert.include(page.text, '3 jobs are tried again, with all their tries.')
    await drainQueue()
    assert.sameMembers(runs, ['one', 'two', 'three'])
    const nothing = await browser.submit(`${QUEUE}/redrive`, REASON, QUEUE)
    assert.include(nothing.text, 'No dead letter of this queue is left.')
    const [line] = await db.from('audit_log')
    assert.deepInclude(line, { action: 'queue.redriven', target_id: 'flaky_test_job' })
    assert.deepEqual(line.after, { jobs: 3 })
  })

  test('nothing is tried again without a reason', async ({ assert }) => {
    const id = await enqueue(db, flaky, { say: 'one' })
    await drainQueue()
    isBroken = false
    const browser = console(await createStaff({ role: 'support' }))
    const page = await browser.submit(`${QUEUE}/${id}/retry`, { reason: '' }, `${QUEUE}/${id}`)
    assert.match(page.text, /class="error"/)
    assert.equal((await drainQueue()).done, 0)
    assert.isEmpty(await actions())
  })

  test('many jobs cost no more queries than few, and come page by page', async ({ assert }) => {
    const browser = console(await createStaff({ role: 'support' }))
    const look = () => browser.get(QUEUE)
    await enqueue(db, flaky, { say: 'first' })
    await look()
    const few = await queriesOf(look)
    for (let n = 0; n < 60; n++) await enqueue(db, flaky, { say: `job ${n}` })
    const many = await queriesOf(look)
    assert.equal(many.length, few.length)
    const first = await look()
    const next = /rel="next"[^>]*href="([^"]+)"/.exec(first.text)![1].replaceAll('&amp;', '&')
    const second = await browser.get(next)
    const ids = (text: string) =>
      [...text.matchAll(/flaky_test_job\/([0-9a-f-]{36})"/g)].map(([, id]) => id)
    assert.lengthOf(ids(first.text), 50)
    assert.lengthOf(ids(second.text), 11)
    assert.lengthOf([...new Set([...ids(first.text), ...ids(second.text)])], 61)
  })

  test('a queue that is not there cannot be sent its jobs', async ({ assert }) => {
    const browser = console(await createStaff({ role: 'support' }))
    for (const name of ['nothing', 'a b', "it's", '\0']) {
      const answer = await browser.post(`/console/jobs/${encodeURIComponent(name)}/redrive`, REASON)
      assert.equal(answer.status, 404, name)
    }
  })
})
