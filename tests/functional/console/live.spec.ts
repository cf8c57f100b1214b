import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import transmitConfig from '#config/transmit'
import db from '@adonisjs/lucid/services/db'
import { consoleStreams, MOST_OF_ONE } from '#console/live/console_streams'
import { TOPICS } from '#console/live/topics'
import type Staff from '#models/staff'
import { axeViolations, useBrowser } from '#tests/support/browser'
import { resetAll } from '#tests/support/database'
import { until } from '#tests/support/live'
import { aDeposit, activeProject } from '#tests/support/projects'
import { console, createStaff, staffCookies } from '#tests/support/staff'
import { startWebProcess } from '#tests/support/web_process'
import { someMoney } from './pages.js'

/** A ping, and what the machine needs for it when it has other things to do. */
const WITHIN_A_PING = transmitConfig.pingInterval + 1500

const base = () => `http://${process.env.HOST}:${process.env.PORT}`

/** A stream of a topic, as a browser opens it. */
async function follow(topic: string, staff: Staff, url = base()) {
  const closing = new AbortController()
  const cookie = (await staffCookies(staff)).map(({ name, value }) => `${name}=${value}`).join('; ')
  const response = await fetch(`${url}/console/live/${topic}`, {
    headers: { cookie, accept: 'text/event-stream' },
    redirect: 'manual',
    signal: closing.signal,
  })
  const stream = { status: response.status, heard: 0, isOver: false, close: () => closing.abort() }
  const read = async () => {
    try {
      for await (const chunk of response.body!) {
        stream.heard += Buffer.from(chunk).toString().split(`"topic":"${topic}"`).length - 1
      }
    } catch {
      // Cut off by the server, or closed by us.
    }
    stream.isOver = true
  }
  if (response.status === 200) void read()
  return stream
}

test.group('Live pages of the console', (group) => {
  const open: { close(): void }[] = []
  const stream = async (topic: string, staff: Staff) => {
    const opened = await follow(topic, staff)
    open.push(opened)
    return opened
  }
  group.each.setup(() => resetAll())
  group.each.teardown(async () => {
    for (const each of open.splice(0)) each.close()
    await until('all streams to be closed', () => consoleStreams.load.streams === 0)
  })

  test('who follows a topic hears when it changes, and not of others', async ({ assert }) => {
    const staff = await createStaff({ role: 'support' })
    const [transactions, approvals] = [
      await stream('transactions', staff),
      await stream('approvals', staff),
    ]
    assert.equal(transactions.status, 200)
    const { client, milestones } = await activeProject()
    await aDeposit(client, milestones)
    await until('the deposit', () => transactions.heard > 0)
    assert.equal(approvals.heard, 0)
  })

  test('one record is followed by its own row', async ({ assert }) => {
    await someMoney()
    const [first, second] = await db.from('transactions').orderBy('id').limit(2)
    const staff = await createStaff()
    const [mine, other] = [
      await stream(`transaction.${first.id}`, staff),
      await stream(`transaction.${second.id}`, staff),
    ]
    await db.from('transactions').where('id', first.id).update({ wait_reason: 'Looked at.' })
    await until('the change', () => mine.heard === 1)
    assert.equal(other.heard, 0)
  })

  test('the dashboard hears of a webhook, and nothing is said when nothing happens', async ({
    assert,
  }) => {
    const dashboard = await stream('dashboard', await createStaff())
    await new Promise((resolve) => setTimeout(resolve, 700))
    assert.equal(dashboard.heard, 0)
    await db
      .table('inbox_events')
      .insert({ rail: 'stripe', event_id: 'evt_1', type: 'x', payload: '{}' })
    await until('the event', () => dashboard.heard > 0)
  })

  test('a stream ends with its sign-in, within a ping', async ({ assert }) => {
    for (const end of [
      { ended_at: new Date(), ended_reason: 'revoked' },
      { last_seen_at: new Date(Date.now() - 100 * 3_600_000) },
    ]) {
      const staff = await createStaff()
      const opened = await stream('jobs', staff)
      const begun = Date.now()
      await db.from('staff_sessions').where('staff_id', staff.id).update(end)
      await until('the end', () => opened.isOver)
      assert.isBelow(Date.now() - begun, WITHIN_A_PING)
    }
  })

  test('nobody without a sign-in follows anything, and nobody follows what is no topic', async ({
    assert,
  }) => {
    const nobody = await fetch(`${base()}/console/live/disputes`, { redirect: 'manual' })
    assert.equal(nobody.status, 303)
    const browser = console(await createStaff())
    for (const topic of [
      'users',
      'transaction',
      `transaction.x`,
      `__proto__`,
      `user.${randomUUID()}`,
      `transaction.${randomUUID()}'`,
    ]) {
      assert.equal(
        (await browser.get(`/console/live/${encodeURIComponent(topic)}`)).status,
        404,
        topic
      )
    }
  })

  test('one person has a bounded number of streams, and may open another when one is closed', async ({
    assert,
  }) => {
    const staff = await createStaff()
    const cookie = (await staffCookies(staff))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
    const ask = async () => {
      const closing = new AbortController()
      open.push({ close: () => closing.abort() })
      const { status } = await fetch(`${base()}/console/live/disputes`, {
        headers: { cookie },
        signal: closing.signal,
      })
      return { status, close: () => closing.abort() }
    }
    const streams = []
    for (let n = 0; n < MOST_OF_ONE; n++) streams.push(await ask())
    assert.isTrue(streams.every(({ status }) => status === 200))
    assert.equal((await ask()).status, 429)
    streams[0].close()
    await until('it to be closed', () => consoleStreams.load.streams === MOST_OF_ONE - 1)
    assert.equal((await ask()).status, 200)
  })

  test('a page that reads itself again does not keep anybody signed in', async ({ assert }) => {
    const staff = await createStaff()
    const browser = console(staff)
    await browser.get('/console')
    const longAgo = new Date(Date.now() - 60_000)
    const seen = async () =>
      (await db.from('staff_sessions').where('staff_id', staff.id).firstOrFail()).last_seen_at
    await db.from('staff_sessions').update({ last_seen_at: longAgo })
    assert.equal((await browser.get('/console', { 'x-console-live': '1' })).status, 200)
    assert.deepEqual(await seen(), longAgo)
    await browser.get('/console')
    assert.isAbove((await seen()).getTime(), longAgo.getTime())
  })

  test('every topic can be asked for, and nothing is asked when nobody follows', async ({
    assert,
  }) => {
    const staff = await createStaff()
    for (const topic of TOPICS) assert.equal((await stream(topic, staff)).status, 200, topic)
    assert.isTrue(consoleStreams.load.isAsking)
    for (const each of open.splice(0)) each.close()
    await until('all streams to be closed', () => consoleStreams.load.streams === 0)
    assert.isFalse(consoleStreams.load.isAsking)
  })

  test('a process with open streams ends at once when it is told to', async ({ assert }) => {
    const web = await startWebProcess()
    const opened = await follow('dashboard', await createStaff(), web.url)
    assert.equal(opened.status, 200)
    const begun = Date.now()
    process.kill(web.pid, 'SIGTERM')
    await until('the process to end', () => !isAlive(web.pid))
    assert.isBelow(Date.now() - begun, 4000)
    assert.isTrue(opened.isOver)
    await web.stop()
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test.group('Live pages in a browser', (group) => {
  const browser = useBrowser(group)
  group.each.setup(() => resetAll())

  const anEvent = (type: string) =>
    db.table('inbox_events').insert({ rail: 'stripe', event_id: type, type, payload: '{}' })

  test('a list shows a new row by itself, and waits while somebody fills in a form', async ({
    assert,
  }) => {
    await anEvent('charge.first')
    const { page, complaints } = await browser.open()
    await page.context().addCookies(await staffCookies(await createStaff({ role: 'support' })))
    await page.goto('/console/webhooks')
    await until('the first look', () => consoleStreams.load.topics === 1)
    await anEvent('charge.second')
    await page.getByRole('link', { name: 'charge.second' }).waitFor()

    await page.locator('summary:text-is("Replay all that fit")').click()
    const why = page.locator('details.action[open]').getByLabel('Why')
    await why.fill('The provider was down.')
    await anEvent('charge.third')
    await page.locator('#live-notice').waitFor()
    assert.equal(await why.inputValue(), 'The provider was down.')
    assert.equal(await page.getByRole('link', { name: 'charge.third' }).count(), 0)
    assert.deepEqual(await axeViolations(page), [])

    await page.locator('#live-notice a').click()
    await page.getByRole('link', { name: 'charge.third' }).waitFor()
    await page.goto('/console/settings')
    await until('the stream to be closed', () => consoleStreams.load.streams === 0)
    assert.deepEqual(
      complaints.filter((each) => !each.includes('/console/live/')),
      []
    )
  })

  test('a page of which nothing changes is read once, however often its stream pings', async ({
    assert,
  }) => {
    const { page, requests } = await browser.open()
    await page.context().addCookies(await staffCookies(await createStaff({ role: 'support' })))
    await page.goto('/console/webhooks')
    await until('the stream', () => consoleStreams.load.streams === 1)
    // As long as a page waits between two readings, and some pings more.
    await page.waitForTimeout(3000 + 3 * transmitConfig.pingInterval)
    assert.lengthOf(
      requests.filter((url) => url.endsWith('/console/webhooks')),
      1
    )
    await page.goto('/console/settings')
    await until('the stream to be closed', () => consoleStreams.load.streams === 0)
  })
})
