import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { MOST_REPLAYED } from '#payments/start_replay'
import { axeViolations, useBrowser } from '#tests/support/browser'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { queriesOf } from '#tests/support/many_projects'
import { fundedMilestone } from '#tests/support/projects'
import { console, createStaff, staffCookies } from '#tests/support/staff'
import { textOf } from './pages.js'

const REASON = { reason: 'It was lost in an outage.' }
const LIST = '/console/webhooks'

const events = () => db.from('inbox_events').orderBy('id')
const entries = async () => Number((await db.from('journal_entries').count('* AS n'))[0].n)

/** Events that are about nothing of ours. */
async function strangers(count: number, type = 'strange.event'): Promise<void> {
  await db.rawQuery(
    `INSERT INTO inbox_events (rail, event_id, type, payload, status, handled_at)
     SELECT 'stripe', ? || n || random(), ?, jsonb_build_object('id', 'evt_' || n, 'type', ?::text,
         'data', '{"object": {"id": "obj_1", "object": "strange", "client_secret": "pi_secret_9"}}'::jsonb),
         'ignored', now()
       FROM generate_series(1, ?) n`,
    [type, type, type, count]
  )
}

test.group('Webhooks at the console', (group) => {
  group.each.setup(() => resetAll())

  test('are found by type, rail, status, event, what they are about, and day', async ({
    assert,
  }) => {
    await fundedMilestone({ provider: 'paypal' })
    const [known] = (await events()).filter(({ type }) => type === 'PAYMENT.CAPTURE.COMPLETED')
    await strangers(1)
    const browser = console(await createStaff({ role: 'support' }))
    const path = `${LIST}/${known.id}`
    const today = new Date().toISOString().slice(0, 10)
    const capture = known.payload.resource.id
    for (const [filter, isThere] of [
      ['', true],
      ['type=PAYMENT.CAPTURE.COMPLETED', true],
      ['type=PAYMENT.*', true],
      ['type=PAYMENT_*', false],
      ['type=strange.event', false],
      ['rail=paypal&status=handled', true],
      ['rail=stripe', false],
      [`event=${known.event_id}`, true],
      [`event=${known.id}`, true],
      [`object=${capture}`, true],
      ['object=nothing', false],
      [`from=${today}&to=${today}`, true],
      ['to=2020-01-01', false],
    ] as const) {
      const list = await browser.get(`${LIST}?${filter}`)
      assert.equal(list.status, 200)
      assert.equal(list.text.includes(path), isThere, filter)
    }
    assert.equal((await browser.get(`${LIST}?status=nonsense`)).status, 422)
  })

  test('an event shows what it led to, and no secrets', async ({ assert }) => {
    await fundedMilestone({ provider: 'paypal' })
    const [known] = (await events()).filter(({ type }) => type === 'PAYMENT.CAPTURE.COMPLETED')
    const { transaction_id: deposit } = await db.from('deposits').firstOrFail()
    const browser = console(await createStaff({ role: 'support' }))
    const page = await browser.get(`${LIST}/${known.id}`)
    assert.include(page.text, `/console/transactions/${deposit}`)
    assert.match(page.text, /\/console\/ledger\/entries\/\d+/)
    assert.match(page.text, /\/console\/jobs\/process_inbox_event\/[0-9a-f-]{36}/)

    await strangers(1, '<script>alert(1)</script>')
    const [strange] = await db.from('inbox_events').whereLike('type', '<script>%')
    const other = await browser.get(`${LIST}/${strange.id}`)
    assert.include(other.text, 'It names no transaction of ours.')
    assert.notInclude(other.text, 'pi_secret_9')
    assert.notInclude(other.text, '<script>alert(1)')
  })

  test('one whose content was deleted says so, and is not replayed', async ({ assert }) => {
    await strangers(1)
    const [{ id }] = await events()
    await db.from('inbox_events').update({ payload: '{}', payload_purged_at: new Date() })
    const browser = console(await createStaff({ role: 'support' }))
    const page = await browser.get(`${LIST}/${id}`)
    assert.include(page.text, 'Its content was deleted on')
    const refused = await browser.submit(`${LIST}/${id}/replay`, REASON)
    assert.include(refused.text, 'None of these events has content left that could be replayed.')
    assert.isEmpty(await db.from('inbox_replays'))
  })

  test('a replay is done once by a job that shows how far it is, and books nothing twice', async ({
    assert,
  }) => {
    await fundedMilestone()
    const before = await entries()
    const all = await events()
    await db.from('inbox_events').where('id', all[0].id).update({ status: 'failed' })
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(LIST)
    const started = await browser.post(`${LIST}/replay-all`, REASON)
    assert.match(started.location!, /^\/console\/webhooks\/replays\//)
    assert.include(
      (await browser.get(started.location!)).text,
      `0 of ${all.length} processed, 0 failed`
    )
    await settle()
    const done = await browser.get(started.location!)
    assert.include(done.text, `${all.length} of ${all.length} processed, 0 failed`)
    assert.include(done.text, REASON.reason)
    assert.isEmpty(await db.from('inbox_events').whereIn('status', ['received', 'failed']))
    assert.equal(await entries(), before)
    assert.deepEqual(await breaks(), [])
    const [line] = await db.from('audit_log').where('action', 'inbox.replayed')
    assert.equal(line.after.events, all.length)
    assert.include((await browser.get(`${LIST}/replays`)).text, started.location!)
  })

  test('those that were chosen are replayed, and what fails is counted', async ({ assert }) => {
    await strangers(3)
    const [one, two, three] = await events()
    await db
      .from('inbox_events')
      .where('id', two.id)
      .update({ type: 'transfer.created', payload: TRANSFER_OF_NOBODY })
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(LIST)
    const form = { 'events[]': [one.id, two.id], ...REASON }
    const { location } = await browser.post(`${LIST}/replay-chosen`, form)
    await settle({ mayFail: true })
    const page = await browser.get(location!)
    assert.include(page.text, '2 of 2 processed, 1 failed')
    for (const { text } of [page, await browser.get(`${LIST}/replays`)]) {
      // That of the replay: those of its events come after it.
      assert.equal(/<span class="status [^<]*/.exec(text)![0], '<span class="status bad">Failed')
    }
    const attempts = async (id: string) => (await events().where('id', id).first())!.attempts
    assert.deepEqual([await attempts(one.id), await attempts(three.id)], [1, 0])
  })

  test('no more are replayed at once than somebody can answer for, and none without a reason', async ({
    assert,
  }) => {
    await strangers(MOST_REPLAYED + 1)
    const browser = console(await createStaff({ role: 'support' }))
    await browser.get(LIST)
    const many = await browser.post(`${LIST}/replay-all`, REASON)
    assert.equal(many.location, LIST)
    await browser.post(`${LIST}/replay-all`, { reason: '' })
    const none = await browser.submit(`${LIST}/replay-chosen`, REASON)
    assert.include(textOf(none), 'Choose at least one event in the list first.')
    assert.isEmpty(await db.from('inbox_replays'))
    assert.isEmpty(await db.from('audit_log').where('action', 'inbox.replayed'))
  })

  test('many events cost no more queries than few, and come page by page', async ({ assert }) => {
    const browser = console(await createStaff({ role: 'support' }))
    const look = () => browser.get(LIST)
    await look()
    await strangers(5)
    const few = await queriesOf(look)
    await strangers(55)
    const many = await queriesOf(look)
    assert.equal(many.length, few.length)
    const first = await look()
    const next = /rel="next"[^>]*href="([^"]+)"/.exec(first.text)![1].replaceAll('&amp;', '&')
    const rows = (text: string) => text.match(/name="events\[\]"/g)!.length
    assert.equal(rows(first.text), 50)
    assert.equal(rows((await browser.get(next)).text), 10)
  })
})

const TRANSFER_OF_NOBODY = JSON.stringify({
  id: 'evt_lost',
  object: 'event',
  type: 'transfer.created',
  data: { object: { id: 'tr_nobody', object: 'transfer' } },
})

test.group('Webhooks in a browser', (group) => {
  group.each.setup(() => resetAll())
  const browsers = useBrowser(group)

  test('all of a page are chosen at once, and replayed above the list', async ({ assert }) => {
    await strangers(3)
    const { page, complaints } = await browsers.open()
    await page.context().addCookies(await staffCookies(await createStaff({ role: 'support' })))
    await page.goto(LIST)
    const all = page.getByLabel('Choose all of this page')
    const rows = page.locator('tbody input[type="checkbox"]')
    const chosen = async () => (await rows.all()).map((row) => row.isChecked())
    await all.check()
    assert.deepEqual(await Promise.all(await chosen()), [true, true, true])
    await rows.first().uncheck()
    assert.isFalse(await all.isChecked())
    assert.isTrue(await all.evaluate((box: { indeterminate?: boolean }) => box.indeterminate))
    assert.deepEqual(await axeViolations(page), [])
    await page.locator('summary', { hasText: 'Replay those chosen' }).click()
    await page.locator('details.action[open]').getByLabel('Why').fill(REASON.reason)
    await page.getByRole('button', { name: 'Replay those chosen' }).click()
    await page.getByText('of 2 processed').waitFor()
    const heading = page.locator('h1')
    assert.include(await heading.textContent(), 'Replay of 2 events')
    assert.deepEqual(complaints, [])
  })
})
