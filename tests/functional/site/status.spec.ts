import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { readiness } from '#start/health'
import { changeSetting, InvalidSetting } from '#escrow/settings'
import processInboxEvent from '#jobs/process_inbox_event'
import { inWords, worst } from '#site/status'
import { waitFor } from '../../../bin/surroundings/wait.js'
import { resetAll } from '#tests/support/database'
import { queriesOf } from '#tests/support/many_projects'
import { expectData } from '#tests/support/api'
import { fundedProject, pay } from '#tests/support/projects'
import { ask, forgetPages, wordsOf } from '#tests/support/site'
import { console, createStaff } from '#tests/support/staff'

/** What the page says, by the name of the part; and on top. */
async function shown() {
  forgetPages()
  const { status, text } = await ask('/status')
  const parts = [...text.matchAll(/<li>[^]*?<h2>([^<]+)<\/h2>[^]*?<p class="state is-(\w+)">/g)]
  return {
    status,
    text,
    words: wordsOf(text),
    overall: /<p class="overall is-(\w+)">/.exec(text)?.[1],
    parts: Object.fromEntries(parts.map(([, name, state]) => [name, state])),
  }
}

/** A worker that is heard of. Readiness keeps what it has found out for some seconds. */
async function aWorkerIsThere(): Promise<void> {
  await db.rawQuery(
    `INSERT INTO pgboss.instance (id, name, host, pid, version, node_version, heartbeat_seconds, supervise,
       schedule, migrate, persist_queue_stats, persist_warnings, heartbeat_on)
     VALUES (?, 'worker', 'h', 1, '1', '24', 3600, true, true, true, false, false, now())`,
    [randomUUID()]
  )
  await waitFor('readiness to hear of it', async () => {
    const { checks } = await readiness.run()
    return checks.every(({ status }) => status === 'ok')
  })
}

test.group('Status page', (group) => {
  group.setup(async () => {
    await aWorkerIsThere()
    return async () => void (await db.from('pgboss.instance').where('host', 'h').delete())
  })
  group.each.setup(resetAll)
  group.each.setup(() => {
    forgetPages()
    return forgetPages
  })

  test('on a quiet day everything works', async ({ assert }) => {
    const { status, overall, parts } = await shown()
    assert.equal(status, 200)
    assert.equal(overall, 'working')
    assert.containSubset(parts, {
      'Website and API': 'working',
      'Accounts and records': 'working',
      'Background work': 'working',
      'News from payment providers': 'working',
      'Payments by Stripe': 'working',
      'Payments by PayPal and Venmo': 'working',
    })
  })

  test('what waits for too long is delayed: jobs, events, and answers, each for its rail', async ({
    assert,
  }) => {
    const { client, milestone } = await fundedProject()
    expectData(await pay(client, 'payments/release', { milestone_id: milestone.id }), 201)
    await db.rawQuery(
      `UPDATE pgboss.job SET start_after = now() - interval '20 minutes' WHERE state = 'created'`
    )
    await db.table('inbox_events').insert({
      rail: 'stripe',
      event_id: 'evt_late',
      type: 'charge.succeeded',
      payload: '{}',
      received_at: db.raw(`now() - interval '3 hours'`),
    })
    await db
      .from('transactions')
      .where('transaction_type', 'payout')
      .update({ sent_at: db.raw(`now() - interval '2 days'`) })
    const { overall, parts, words } = await shown()
    assert.equal(overall, 'delayed')
    assert.equal(parts['Background work'], 'delayed')
    assert.include(words, 'Behind by 20 minutes')
    assert.equal(parts['News from payment providers'], 'delayed')
    assert.include(words, 'Some of it has waited for 3 hours')
    assert.equal(parts['Payments by Stripe'], 'delayed')
    assert.include(words, 'An answer has been missing for 2 days')
    assert.equal(parts['Payments by PayPal and Venmo'], 'working')
  })

  test('an event that its job has given up is for staff, and delays nobody else', async ({
    assert,
  }) => {
    const event = (id: string, attempts: number) =>
      db.table('inbox_events').insert({
        rail: 'stripe',
        event_id: id,
        type: 'charge.succeeded',
        payload: '{}',
        status: 'failed',
        attempts,
        received_at: db.raw(`now() - interval '3 hours'`),
      })
    await event('evt_given_up', processInboxEvent.retryLimit + 1)
    assert.equal((await shown()).parts['News from payment providers'], 'working')
    await event('evt_tried_again', processInboxEvent.retryLimit)
    assert.equal((await shown()).parts['News from payment providers'], 'delayed')
  })

  test('it says when records were last compared, and that this is long ago', async ({ assert }) => {
    const run = (hours: number) => ({
      rail: 'stripe',
      status: 'finished',
      as_of: db.raw('now()'),
      period_from: db.raw(`now() - interval '3 days'`),
      period_to: db.raw('now()'),
      finished_at: db.raw(`now() - make_interval(hours => ${hours})`),
    })
    await db.table('reconciliation_runs').insert(run(50))
    const late = await shown()
    assert.equal(late.parts['Payments by Stripe'], 'delayed')
    assert.include(late.words, 'last compared with theirs 2 days ago')
    await db.table('reconciliation_runs').insert(run(3))
    const fresh = await shown()
    assert.equal(fresh.parts['Payments by Stripe'], 'working')
    assert.include(fresh.words, 'compared with theirs 3 hours ago')
  })

  test('while a restored database is compared with the providers it says that payouts wait', async ({
    assert,
    cleanup,
  }) => {
    await db.table('recoveries').insert({ backup_until: new Date(Date.now() - 60_000) })
    cleanup(async () => void (await db.rawQuery(`UPDATE recoveries SET ended_at = now()`)))
    const { overall, parts, words } = await shown()
    assert.equal(overall, 'delayed')
    assert.equal(parts['Background work'], 'delayed')
    assert.include(words, 'Payouts and refunds wait, and no deadline counts')
  })

  test('without its job queue it says that background work is down, and is still there', async ({
    assert,
    cleanup,
  }) => {
    const restore = () => db.rawQuery('ALTER TABLE IF EXISTS pgboss.version_away RENAME TO version')
    cleanup(() => restore().then(() => {}))
    await db.rawQuery('ALTER TABLE pgboss.version RENAME TO version_away')
    const { status, overall, parts } = await shown()
    assert.equal(status, 200)
    assert.equal(overall, 'down')
    assert.equal(parts['Background work'], 'down')
  })

  test('what cannot be found out is said to be so', async ({ assert, cleanup }) => {
    const restore = () => db.rawQuery('ALTER TABLE IF EXISTS inbox_away RENAME TO inbox_events')
    cleanup(() => restore().then(() => {}))
    await db.rawQuery('ALTER TABLE inbox_events RENAME TO inbox_away')
    const { overall, parts } = await shown()
    assert.equal(parts['News from payment providers'], 'unknown')
    assert.equal(overall, 'unknown')
  })

  test('however many look, it is found out once, and shown to everybody', async ({ assert }) => {
    forgetPages()
    const asked = await queriesOf(async () => {
      const looks = await Promise.all(Array.from({ length: 40 }, () => ask('/status')))
      for (const { status, headers } of looks) {
        assert.equal(status, 200)
        assert.equal(headers.get('cache-control'), 'public, max-age=5')
      }
    })
    const one = asked.length
    forgetPages()
    const once = await queriesOf(() => ask('/status'))
    assert.equal(one, once.length)
    assert.isBelow(one, 10)
  })

  test('it tells neither where anything runs nor how much there is of it', async ({ assert }) => {
    const { client, milestone } = await fundedProject({ amounts: ['1234.56'] })
    expectData(await pay(client, 'payments/release', { milestone_id: milestone.id }), 201)
    await db.rawQuery(
      `UPDATE pgboss.job SET start_after = now() - interval '20 minutes' WHERE state = 'created'`
    )
    const { words, text } = await shown()
    assert.notMatch(text, /127\.0\.0\.1:(?!\d+\/)|postgres|redis|pgboss|SELECT|at .*\.ts/)
    assert.notMatch(words, /1,?234|USD|\d+ (jobs?|events?|payouts?|waiting)/)
  })

  test('staff put a notice on it at the console, and take it down', async ({ assert }) => {
    assert.notInclude((await shown()).text, 'class="notice"')
    const admin = console(await createStaff({ role: 'admin' }))
    const set = (value: string, version: number) =>
      admin.post('/console/settings/status_notice', {
        value,
        version: String(version),
        reason: 'Planned work',
      })
    const notice = 'Payouts pause on Sunday from 02:00 to 04:00 UTC <b>for</b> maintenance.'
    assert.equal((await set(notice, 0)).status, 303)
    const { text } = await shown()
    assert.include(text, 'from 02:00 to 04:00 UTC &lt;b&gt;for&lt;/b&gt; maintenance.')
    assert.equal((await set('none', 1)).status, 303)
    assert.notInclude((await shown()).text, 'class="notice"')
  })

  test('a notice is one line', async ({ assert }) => {
    for (const value of ['', 'two\nlines', 'x'.repeat(501)]) {
      await assert.rejects(
        () => db.transaction((trx) => changeSetting(trx, 'status_notice', value, 'operator')),
        InvalidSetting as never
      )
    }
  })

  test('ages are rough, and the worst part decides', ({ assert }) => {
    assert.deepEqual([0, 61, 150, 7199, 7200, 86_400, 3 * 86_400].map(inWords), [
      '1 minute',
      '1 minute',
      '3 minutes',
      '120 minutes',
      '2 hours',
      '24 hours',
      '3 days',
    ])
    assert.equal(worst(['working', 'unknown', 'delayed']), 'delayed')
    assert.equal(worst(['delayed', 'down', 'working']), 'down')
    assert.equal(worst(['working', 'unknown']), 'unknown')
    assert.equal(worst(['working']), 'working')
  })
})
