import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import transmitConfig from '#config/transmit'
import db from '@adonisjs/lucid/services/db'
import { approve } from '#approvals/approve'
import { consoleStreams, MOST_OF_ONE } from '#console/live/console_streams'
import { TOPICS } from '#console/live/topics'
import Approval from '#models/approval'
import type Staff from '#models/staff'
import { startReplay } from '#payments/start_replay'
import { expectData } from '#tests/support/api'
import { axeViolations, useBrowser } from '#tests/support/browser'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { until } from '#tests/support/live'
import { aDeposit, activeProject, fundedProject, pay } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { console, createStaff, staffCookies } from '#tests/support/staff'
import { member } from '#tests/support/two_people'
import { startWebProcess } from '#tests/support/web_process'
import { bookFloat, reconcile } from '#tests/functional/reconcile/helpers'
import { escalatedDispute } from '../disputes/settling.js'
import { someMoney } from './pages.js'

/** A ping, and what the machine needs for it when it has other things to do. */
const WITHIN_A_PING = transmitConfig.pingInterval + 1500

const base = () => `http://${process.env.HOST}:${process.env.PORT}`

const staffAct = ({ id }: Staff) => ({
  actor: { type: 'staff' as const, id },
  reason: 'The provider was down.',
})

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

  test('every page on which one waits for something follows it', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['1000.00', '50.00'] })
    expectData(
      await pay(found.client, 'payments/release', { milestone_id: found.milestones[1].id }),
      201
    )
    await settle()
    const dispute = await escalatedDispute(found)
    const staff = await createStaff({ role: 'admin' })
    const browser = console(staff)
    await browser.get(`/console/disputes/${dispute.id}`)
    await browser.post(`/console/disputes/${dispute.id}/decision`, {
      to_freelancer: '600.00',
      reason: 'Two of three pages were delivered.',
      version: String(dispute.version),
    })
    const { id: approval } = await db.from('approvals').firstOrFail()
    const { transaction_id: payout } = await db.from('payouts').firstOrFail()
    const { id: event } = await db.from('inbox_events').firstOrFail()
    const replay = await startReplay([event], staffAct(staff))
    sandbox.topUp(10_001)
    const { run, breaks } = await reconcile()
    for (const [path, topic] of [
      [`disputes/${dispute.id}`, `dispute.${dispute.id}`],
      [`approvals/${approval}`, `approval.${approval}`],
      [`payouts/${payout}`, `payout.${payout}`],
      [`webhooks/replays/${replay}`, `replay.${replay}`],
      ['webhooks/replays', 'replays'],
      ['jobs/send_payout', 'jobs'],
      ['audit', 'audit'],
      ['treasury', 'treasury'],
      [`reconciliation/${run.id}`, 'reconciliation'],
      [`reconciliation/breaks/${breaks[0].id}`, 'reconciliation'],
    ]) {
      const { text } = await browser.get(`/console/${path}`)
      assert.equal(/<body[^>]*data-live="([^"]+)"/.exec(text)?.[1], topic, path)
      assert.equal((await stream(topic, staff)).status, 200, topic)
    }
  })

  test('a replay, a verdict about the audit log and a movement at the bank are heard of', async ({
    assert,
  }) => {
    const staff = await createStaff({ role: 'finance' })
    await db
      .table('inbox_events')
      .insert({ rail: 'stripe', event_id: 'evt_1', type: 'x', payload: '{}' })
    const { id: event } = await db.from('inbox_events').firstOrFail()
    const id = await startReplay([event], staffAct(staff))
    const [replay, audit, treasury] = [
      await stream(`replay.${id}`, staff),
      await stream('audit', staff),
      await stream('treasury', staff),
    ]
    await settle()
    await until('the replay', () => replay.heard > 0)
    await console(staff).post('/console/audit/verify', { reason: 'To be sure.' })
    await settle()
    await until('the verdict', () => audit.heard > 0)
    assert.equal(treasury.heard, 0)
    await bookFloat()
    await until('the float', () => treasury.heard > 0)
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

  test('who has proposed a decision sees what another made of it, and loses what they type to nothing', async ({
    assert,
  }) => {
    const dispute = await escalatedDispute(await fundedProject({ amounts: ['1000.00'] }))
    const { page } = await browser.open()
    await page.context().addCookies(await staffCookies(await createStaff({ role: 'support' })))
    await page.goto(`/console/disputes/${dispute.id}`)
    await until('the first look', () => consoleStreams.load.topics === 1)
    const wrote = (body: string) =>
      db
        .table('dispute_messages')
        .insert({ dispute_id: dispute.id, sender_id: dispute.openedBy, kind: 'message', body })
    // Nobody has touched the form with the slider: it keeps nothing from being read again.
    await wrote('Look at page three.')
    await page.getByText('Look at page three.').waitFor()
    await page.getByLabel('Reasons').fill('Two of three pages were delivered.')
    await wrote('And at page four.')
    await page.locator('#live-notice').waitFor()
    assert.equal(
      await page.getByLabel('Reasons').inputValue(),
      'Two of three pages were delivered.'
    )
    await page.locator('#live-notice a').click()
    await page.getByText('And at page four.').waitFor()
    await page.getByLabel('To the freelancer (USD)').fill('600.00')
    await page.getByLabel('Reasons').fill('Two of three pages were delivered.')
    await page.getByRole('button', { name: 'Propose' }).click()
    await page.getByText('A decision waits for a second person').waitFor()
    await until('the first look', () => consoleStreams.load.topics === 1)
    const approval = await Approval.findByOrFail({ status: 'proposed' })
    await approve(approval.id, { by: (await member()).id, hash: approval.contentHash })
    await page.getByRole('heading', { name: 'What came of it' }).waitFor()
    assert.equal(await page.locator('summary', { hasText: 'Withdraw' }).count(), 0)
    await page.goto('/console/settings')
    await until('the stream to be closed', () => consoleStreams.load.streams === 0)
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
