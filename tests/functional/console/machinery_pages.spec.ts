import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import type { Page } from 'playwright-core'
import { jobs } from '#jobs/index'
import { defineJob, drainQueue, enqueue } from '#jobs/queue'
import { expectData } from '#tests/support/api'
import { axeViolations, sideways, useBrowser } from '#tests/support/browser'
import { bookFloat, reconcile } from '#tests/functional/reconcile/helpers'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { pay, submittedMilestone } from '#tests/support/projects'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { createStaff, staffCookies } from '#tests/support/staff'

const REASON = 'The address is right now.'

const failing = defineJob<{ transactionId: string }>({
  name: 'failing_test_job',
  retryLimit: 0,
  async handle() {
    throw new Error('The provider did not answer in time.')
  },
})

/** A payout that ends as PayPal is told to. */
async function aPayout(outcome?: 'FAILED' | 'UNCLAIMED'): Promise<string> {
  const { client, freelancer, milestone } = await submittedMilestone({ provider: 'paypal' })
  if (outcome) paypalSandbox.planPayout(outcome)
  expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
  await settle()
  const row = await db.from('payouts').where('user_id', freelancer.id).firstOrFail()
  return row.transaction_id
}

/** Opens the form of an action and fills in why. */
async function act(page: Page, label: string, reason = REASON) {
  const form = page.locator('details.action', { has: page.locator(`summary:text-is("${label}")`) })
  await form.locator('summary').click()
  await form.getByLabel('Why').fill(reason)
  await form.locator('button.primary').click()
}

test.group('The pages of the machinery, in a browser', (group) => {
  const browser = useBrowser(group)
  group.setup(() => {
    jobs.push(failing)
    return () => void jobs.splice(jobs.indexOf(failing), 1)
  })
  group.each.setup(() => resetAll())

  const openAs = async (role: 'finance' | 'support', viewer = {}) => {
    const opened = await browser.open(undefined, viewer)
    await opened.page.context().addCookies(await staffCookies(await createStaff({ role })))
    return opened
  }

  test('somebody finds a payout that failed, tries it again, and sees it paid', async ({
    assert,
  }) => {
    const id = await aPayout('FAILED')
    const { page, complaints } = await openAs('finance')
    await page.goto('/console/payouts')
    await page.getByRole('link', { name: 'Failed', exact: true }).click()
    await page.waitForURL(/state=failed/)
    await page.locator(`a[href="/console/payouts/${id}"]`).click()
    await page.waitForURL(`**/console/payouts/${id}`)
    assert.include(await page.locator('main').innerText(), 'Receiver account is locked')
    await act(page, 'Retry')
    await page.getByRole('status').waitFor()
    await settle()
    await page.reload()
    assert.equal(await page.locator('.page-header .status').innerText(), 'Paid')
    assert.include(await page.locator('.timeline').innerText(), REASON)
    assert.equal(paypalSandbox.effects('payout_batch'), 2)
    assert.deepEqual(complaints, [])
  })

  test('somebody finds an event that failed, replays it, and sees that it is handled', async ({
    assert,
  }) => {
    await aPayout()
    const [event] = await db.from('inbox_events').where('type', 'PAYMENT.CAPTURE.COMPLETED')
    await db.from('inbox_events').where('id', event.id).update({
      status: 'failed',
      last_error: 'timeout: PayPal did not answer',
    })
    const { page, complaints } = await openAs('support')
    await page.goto('/console/webhooks')
    await page.getByRole('link', { name: '1 failing' }).click()
    await page.waitForURL(/status=failed/)
    await page.getByLabel(/^Choose PAYMENT.CAPTURE.COMPLETED/).check()
    await act(page, 'Replay those chosen')
    await page.waitForURL(/\/replays\//)
    await settle()
    await page.reload()
    assert.include(await page.locator('main').innerText(), '1 of 1 processed, 0 failed')
    const row = await db.from('inbox_events').where('id', event.id).firstOrFail()
    assert.deepInclude(row, { status: 'handled', last_error: '' })
    assert.deepEqual(complaints, [])
  })

  test('a form that was refused is open, with what was typed and what is wrong', async ({
    assert,
  }) => {
    const id = await aPayout('UNCLAIMED')
    const { page } = await openAs('finance')
    await page.goto(`/console/payouts/${id}`)
    await act(page, 'Cancel', 'x')
    const wrong = page.locator('details.action[open]')
    await wrong.locator('.error').waitFor()
    assert.equal(await wrong.count(), 1)
    assert.equal(await wrong.getByLabel('Why').inputValue(), 'x')
    assert.deepEqual(await axeViolations(page), [])
  })

  test('all of them are fit to be read, wide and narrow, light and dark', async ({ assert }) => {
    await bookFloat()
    const payout = await aPayout('UNCLAIMED')
    await aPayout('FAILED')
    sandbox.topUp(10_001)
    const { run, breaks } = await reconcile()
    await enqueue(db, failing, { transactionId: payout })
    await drainQueue()
    const { rows: letters } = await db.rawQuery(
      `SELECT id FROM pgboss.job WHERE name = 'dead_letters' AND source_name = ?`,
      [failing.name]
    )
    const event = await db.from('inbox_events').where('rail', 'paypal').firstOrFail()
    const [replay] = await db
      .table('inbox_replays')
      .insert({ event_ids: [event.id] })
      .returning('id')
    const paths = [
      '/console/payouts',
      `/console/payouts/${payout}`,
      '/console/webhooks',
      `/console/webhooks/${event.id}`,
      '/console/webhooks/replays',
      `/console/webhooks/replays/${replay.id ?? replay}`,
      '/console/jobs',
      `/console/jobs/dead_letters?from=${failing.name}`,
      `/console/jobs/dead_letters/${letters[0].id}`,
      '/console/reconciliation',
      `/console/reconciliation/${run.id}`,
      '/console/reconciliation/breaks',
      `/console/reconciliation/breaks/${breaks[0].id}`,
    ]
    for (const viewer of [
      { width: 1280, colorScheme: 'light' as const },
      { width: 375, colorScheme: 'dark' as const },
    ]) {
      const { page, complaints } = await openAs('finance', viewer)
      for (const path of paths) {
        const answer = await page.goto(path)
        assert.equal(answer!.status(), 200, path)
        assert.deepEqual(await axeViolations(page), [], `${path} ${viewer.width}`)
        assert.isAtMost(await sideways(page), 0, `${path} ${viewer.width}`)
      }
      assert.deepEqual(complaints, [])
    }
  }).timeout(120_000)
})
