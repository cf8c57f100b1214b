import type { Assert } from '@japa/assert'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { readDashboard } from '#console/dashboard_page'
import { clawBack } from '#escrow/chargebacks/claw_back'
import { accounts } from '#ledger/chart_of_accounts'
import { runPayouts } from '#escrow/run_payouts'
import { sendPayout } from '#escrow/send_payout'
import { changeSetting } from '#escrow/settings'
import { settlePending } from '#escrow/settle_pending'
import {
  chargebacks,
  decided,
  disputed,
  releasedProject,
} from '#tests/functional/payments/chargebacks'
import { expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, entryKinds, held } from '#tests/support/ledger'
import { queriesOf } from '#tests/support/many_projects'
import { pay, submittedMilestone } from '#tests/support/projects'
import { everyOf } from '#tests/support/provider_calls'
import { impatient } from '#tests/support/rails'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { OPERATOR } from '#tests/support/operator'
import { console, createStaff } from '#tests/support/staff'
import { linksOf, textOf } from './pages.js'

const REASON = { reason: 'The freelancer asked us to.' }

/** A payout whose job has not run yet. */
async function aPayout(options: Parameters<typeof submittedMilestone>[0] = {}) {
  const found = await submittedMilestone(options)
  expectData(await pay(found.client, `milestones/${found.milestone.id}/approve`), 201)
  const { transaction_id: id } = await db.from('payouts').firstOrFail()
  return { ...found, id: id as string, path: `/console/payouts/${id}` }
}

const stateOf = async (id: string) =>
  (await db.from('payouts').where('transaction_id', id).firstOrFail()).state

const audited = async () =>
  (await db.from('audit_log').where('action', 'like', 'payout.%').orderBy('id')).map(
    ({ action }) => action
  )

/** Everything that might send a payout by itself. */
async function everythingThatSends() {
  await everyOf(runPayouts({ failed: OPERATOR }))
  await settlePending({ olderThanSeconds: 0 })
  await settle()
}

test.group('Payouts at the console', (group) => {
  group.each.setup(async () => {
    await resetAll()
    const restore = impatient()
    return () => {
      paypalSandbox.clearFaults()
      sandbox.clearFaults()
      restore()
    }
  })

  test('what waits is listed with why, and found by its freelancer', async ({ assert }) => {
    const { id, path, freelancer } = await aPayout({ payable: false })
    await settle()
    await db.from('users').where('id', freelancer.id).update({ first_name: '<b>Ada</b>' })
    const browser = console(await createStaff({ role: 'support' }))
    const list = await browser.get(`/console/payouts?state=waiting&user=${freelancer.email}`)
    assert.include(list.text, 'The freelancer has no payout account yet.')
    assert.notInclude(list.text, 'Add a payout account')
    assert.include(list.text, path)
    assert.include(list.text, '&lt;b&gt;Ada&lt;/b&gt;')
    assert.notInclude(list.text, '<b>Ada</b>')
    for (const filter of [
      'state=failed',
      'age=over_a_day',
      'rail=paypal',
      'user=no@body.example',
    ]) {
      assert.notInclude((await browser.get(`/console/payouts?${filter}`)).text, path, filter)
    }
    const page = await browser.get(path)
    assert.include(page.text, id)
    assert.include(page.text, 'The freelancer has none yet.')
    assert.notInclude(page.text, 'Retry')
  })

  test('one that is held is sent by nothing, and goes once when it is let go', async ({
    assert,
  }) => {
    const { id, path } = await aPayout()
    const browser = console(await createStaff({ role: 'finance' }))
    const shown = await browser.submit(`${path}/hold`, REASON, path)
    assert.include(shown.text, 'It is held.')
    await everythingThatSends()
    assert.equal(sandbox.effects('transfer'), 0)
    assert.equal(await stateOf(id), 'waiting')
    assert.include((await browser.get('/console/payouts?state=held')).text, path)
    const refused = await browser.submit(`${path}/retry`, REASON, path)
    assert.include(refused.text, 'This payout is held; let it go first.')

    await browser.submit(`${path}/let-go`, REASON, path)
    await settle()
    assert.equal(await stateOf(id), 'paid')
    assert.equal(sandbox.effects('transfer'), 1)
    assert.deepEqual(await audited(), ['payout.held', 'payout.let_go'])
    const page = await browser.get(path)
    assert.include(page.text, REASON.reason)
    assert.include(page.text, `payout_confirmed:${id}`)
    assert.deepEqual(await breaks(), [])
  })

  test('held at the moment at which it is sent, it is either not sent, or said to be on its way', async ({
    assert,
  }) => {
    const { id, path } = await aPayout()
    const browser = console(await createStaff({ role: 'finance' }))
    await browser.get(path)
    const [answer] = await Promise.all([
      browser.post(`${path}/hold`, REASON, path),
      sendPayout(id).catch(() => {}),
    ])
    assert.equal(answer.status, 303)
    const { held_at: isHeld } = await db.from('payouts').where('transaction_id', id).firstOrFail()
    assert.equal(sandbox.effects('transfer'), isHeld ? 0 : 1)
    if (isHeld) assert.equal(await stateOf(id), 'waiting')
    else assert.match((await browser.get(path)).text, /is on its way|is paid; there is nothing/)
  })

  test('one that is on its way cannot be held', async ({ assert }) => {
    const { id, path } = await aPayout({ provider: 'paypal' })
    paypalSandbox.planPayout('ONHOLD')
    await settle()
    const browser = console(await createStaff({ role: 'finance' }))
    const page = await browser.submit(`${path}/hold`, REASON, path)
    assert.include(page.text, 'This payout is on its way; it cannot be held any more.')
    assert.equal(await stateOf(id), 'in_transit')
    assert.isEmpty(await audited())
  })

  test('one that was refused is tried again under a key of its own, and paid once', async ({
    assert,
  }) => {
    const { id, path, freelancer } = await aPayout({ provider: 'paypal' })
    paypalSandbox.planPayout('FAILED')
    await settle()
    assert.equal(await stateOf(id), 'failed')
    const browser = console(await createStaff({ role: 'finance' }))
    assert.include((await browser.get('/console/payouts?state=failed')).text, path)
    // Also events of an attempt that is over, whose id at the provider the payout does not keep.
    assert.include((await browser.get(path)).text, 'PAYMENT.PAYOUTSBATCH.SUCCESS')
    await Promise.all([
      browser.post(`${path}/retry`, REASON, path),
      browser.post(`${path}/retry`, REASON, path),
    ])
    await settle()
    assert.equal(await stateOf(id), 'paid')
    assert.equal(paypalSandbox.effects('payout_batch'), 2)
    assert.equal(paypalSandbox.payoutItems.filter(isPaid).length, 1)
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('one in its hold period is not tried, and says until when it waits', async ({ assert }) => {
    await db.transaction((trx) => changeSetting(trx, 'payout_hold_days', 3, 'test'))
    const { id, path } = await aPayout()
    const browser = console(await createStaff({ role: 'finance' }))
    const shown = await browser.get(path)
    assert.include(textOf(shown), 'The hold period after its release lasts until 20')
    assert.notInclude(shown.text, `${path}/retry`)
    const refused = await browser.submit(`${path}/retry`, REASON, path)
    assert.include(textOf(refused), 'It is sent by itself then, and not before.')
    await settle()
    assert.equal(await stateOf(id), 'waiting')
    assert.isEmpty(await audited())
  })

  test('one that is tried again does not show what the attempt before ended with as what it waits for', async ({
    assert,
  }) => {
    const { path } = await aPayout({ provider: 'paypal' })
    paypalSandbox.planPayout('FAILED')
    await settle()
    const browser = console(await createStaff({ role: 'finance' }))
    const why = async () => /class="about">([^<]*)</.exec((await browser.get(path)).text)?.[1] ?? ''
    assert.notEqual(await why(), '')
    await browser.post(`${path}/retry`, REASON, path)
    assert.equal(await why(), '')
    assert.include(textOf(await browser.get(path)), 'Attempt before ended with')
  })

  test('one whose outcome is unknown is looked up, and not paid a second time', async ({
    assert,
  }) => {
    const { id, path } = await aPayout({ provider: 'paypal' })
    paypalSandbox.webhookMode({ drop: () => true })
    paypalSandbox.failNext('POST /v1/payments/payouts', { at: 'after', with: 'timeout' })
    await drain({ mayFail: true })
    assert.equal(await stateOf(id), 'in_transit')
    const browser = console(await createStaff({ role: 'finance' }))
    await browser.submit(`${path}/retry`, REASON, path)
    await drain({ mayFail: true, retryNow: true })
    assert.equal(await stateOf(id), 'paid')
    assert.equal(paypalSandbox.effects('payout_batch'), 1)
    paypalSandbox.webhookMode({})
  })

  test('what came back is sent again once, as often as it is asked for', async ({ assert }) => {
    const { id, path } = await aPayout({ provider: 'paypal' })
    await settle()
    paypalSandbox.setPayoutItem(paypalSandbox.payoutItems[0].payout_item_id, 'REVERSED')
    await settle()
    assert.equal(await stateOf(id), 'returned')
    const browser = console(await createStaff({ role: 'finance' }))
    assert.include((await browser.get('/console/payouts')).text, path)
    assert.equal((await readDashboard()).payouts.returned, 1)
    assert.include((await browser.get(path)).text, `${path}/repay`)
    await Promise.all([
      browser.post(`${path}/repay`, REASON, path),
      browser.post(`${path}/repay`, REASON, path),
    ])
    await settle()
    assert.equal(paypalSandbox.effects('payout_batch'), 2)
    assert.deepEqual(await breaks(), [])

    await assertOver(assert, browser, id)
    const page = await browser.get(path)
    assert.include(textOf(page), 'All that came back was sent again.')
    const [again] = await db.from('payouts').where('repays_id', id)
    assert.include(linksOf(page), `/console/payouts/${again.transaction_id}`)
    assert.include(linksOf(await browser.get(`/console/payouts/${again.transaction_id}`)), path)
  })

  test('what came back and went into a debt waits for nobody, and is not offered to be sent again', async ({
    assert,
  }) => {
    await releasedProject()
    await decided(await disputed(), 'lost')
    const [{ id: chargeback }] = await chargebacks()
    await clawBack(chargeback, { amount: '100.00' }, OPERATOR)
    await settle()
    const { transaction_id: id } = await db.from('payouts').firstOrFail()
    assert.equal(await stateOf(id), 'returned')
    const browser = console(await createStaff({ role: 'finance' }))
    await assertOver(assert, browser, id)
    const page = await browser.get(`/console/payouts/${id}`)
    assert.include(textOf(page), 'It was set off against what the freelancer owed us.')
    assert.include(textOf(page), 'Of it set off against a debt 100.00 USD for chargeback')
    const there = linksOf(page).find((href) => href.includes(chargeback))!
    // It leads to its place on the page of its deposit.
    const { location } = await browser.get(there)
    assert.include(linksOf(await browser.get(location!)), `/console/payouts/${id}`)
    assert.deepEqual(await breaks(), [])
  })

  for (const fault of [undefined, 'before', 'after'] as const) {
    test(`one that nobody claimed is taken back, and booked once${fault ? `, though the connection broke ${fault} that` : ''}`, async ({
      assert,
    }) => {
      const { id, path, freelancer } = await aPayout({ provider: 'paypal' })
      paypalSandbox.planPayout('UNCLAIMED')
      await settle()
      const browser = console(await createStaff({ role: 'finance' }))
      assert.include((await browser.get('/console/payouts?state=unclaimed')).text, path)
      if (fault) {
        paypalSandbox.failNext('POST /v1/payments/payouts-item/{payout_item_id}/cancel', {
          at: fault,
          with: 'timeout',
        })
      }
      const page = await browser.submit(`${path}/cancel`, REASON, path)
      assert.include(page.text, 'Its provider is asked to give it back')
      await settle({ mayFail: true, retryNow: true })
      assert.equal(await stateOf(id), 'failed')
      assert.equal(await held(accounts.payable(freelancer.id)), '900.00')
      const kinds = await entryKinds()
      assert.equal(kinds.filter((kind) => kind === 'payout_failed').length, 1)
      // The deposit's and the payout's.
      assert.equal(kinds.filter((kind) => kind === 'provider_fee').length, 2)
      assert.deepEqual(await audited(), ['payout.cancel_asked'])
      const over = await browser.get(path)
      assert.include(textOf(over), 'Taken back')
      assert.include(textOf(over), 'Nobody had claimed it, and we took it back.')
      assert.include(textOf(over), 'Send again')
      assert.notInclude(textOf(over), 'could not carry')
      assert.notInclude((await browser.get('/console/payouts?state=failed')).text, path)
      assert.include((await browser.get('/console/payouts?state=taken_back')).text, path)
      assert.deepEqual(await breaks(), [])
    })
  }

  test('claimed before it could be taken back, it is paid', async ({ assert }) => {
    const { id, path } = await aPayout({ provider: 'paypal' })
    paypalSandbox.planPayout('UNCLAIMED')
    await settle()
    const browser = console(await createStaff({ role: 'finance' }))
    await browser.submit(`${path}/cancel`, REASON, path)
    paypalSandbox.setPayoutItem(paypalSandbox.payoutItems[0].payout_item_id, 'SUCCESS')
    await settle()
    assert.equal(await stateOf(id), 'paid')
    const again = await browser.submit(`${path}/cancel`, REASON, path)
    assert.include(again.text, 'Only a payout that waits to be claimed can be cancelled.')
    assert.deepEqual(await breaks(), [])
  })

  test('who looks after people may look, and touch nothing', async ({ assert }) => {
    const { id, path } = await aPayout()
    const browser = console(await createStaff({ role: 'support' }))
    assert.equal((await browser.get(path)).status, 200)
    for (const action of ['hold', 'let-go', 'retry', 'repay', 'cancel']) {
      const answer = await browser.post(`${path}/${action}`, REASON, path)
      assert.equal(answer.status, 403, action)
    }
    assert.equal(await stateOf(id), 'waiting')
    assert.isEmpty(await audited())
  })

  test('many payouts cost no more queries than few, and come page by page', async ({ assert }) => {
    const { id } = await aPayout()
    const browser = console(await createStaff({ role: 'support' }))
    const look = () => browser.get('/console/payouts')
    await look()
    await copies(id, 5)
    const few = await queriesOf(look)
    await copies(id, 55)
    const many = await queriesOf(look)
    assert.equal(many.length, few.length)
    const first = await look()
    const next = /rel="next"[^>]*href="([^"]+)"/.exec(first.text)![1].replaceAll('&amp;', '&')
    const second = await browser.get(next)
    const ids = (text: string) =>
      [...text.matchAll(/title="([0-9a-f-]{36})"/g)].map(([, each]) => each)
    assert.lengthOf(ids(first.text), 50)
    assert.lengthOf(ids(second.text), 11)
    assert.notIncludeMembers(ids(first.text), ids(second.text))
  })
})

/** That nothing asks anybody to do something about a payout that came back. */
async function assertOver(assert: Assert, browser: ReturnType<typeof console>, id: string) {
  const path = `/console/payouts/${id}`
  const list = '/console/payouts'
  assert.notInclude((await browser.get(list)).text, path)
  assert.notInclude((await browser.get(`${list}?state=returned`)).text, path)
  assert.include((await browser.get(`${list}?state=returned_and_settled`)).text, path)
  assert.equal((await readDashboard()).payouts.returned, 0)
  const { text } = await browser.get(path)
  assert.notInclude(text, `${path}/repay`)
  assert.notInclude(text, 'owed to the freelancer again')
}

const isPaid = (item: { transaction_status: string }) => item.transaction_status === 'SUCCESS'

/** More rows like one: each sends it again, for no more than what a list shows of them. */
async function copies(id: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await db.rawQuery(
      `WITH copy AS (
         INSERT INTO transactions (escrow_account_id, milestone_id, user_id, deposit_id, transaction_type, amount,
             currency, payment_provider, rail, status)
         SELECT escrow_account_id, milestone_id, user_id, deposit_id, transaction_type, amount, currency,
             payment_provider, rail, status FROM transactions WHERE id = ?
         RETURNING id, user_id)
       INSERT INTO payouts (transaction_id, repays_id, user_id) SELECT id, ?, user_id FROM copy`,
      [id, id]
    )
  }
}
