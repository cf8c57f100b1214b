import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { settlePending } from '#escrow/settle_pending'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, entryKinds, held } from '#tests/support/ledger'
import { activeProject, aDeposit, fund, pay } from '#tests/support/projects'
import { impatient } from '#tests/support/rails'
import { paypalSandbox } from '#tests/support/sandbox'

const CAPTURE = 'POST /v2/checkout/orders/{id}/capture'

const captures = () =>
  paypalSandbox.requestLog.filter(({ path, method }) => {
    return method === 'POST' && path.endsWith('/capture')
  })

/** An active project and its unpaid order at PayPal. */
async function unpaid(provider: 'paypal' | 'venmo' = 'paypal') {
  const found = await activeProject({ provider })
  const deposit = await aDeposit(found.client, found.milestones, undefined, provider)
  const order: string = deposit.provider_transaction_id
  const shown = async () =>
    expectData(await api(found.client).get(`payments/transactions/${deposit.id}`))
  return { ...found, deposit, order, shown }
}

test.group('Deposits by PayPal and Venmo', (group) => {
  group.each.setup(async () => {
    await resetAll()
    const restore = impatient()
    return () => {
      paypalSandbox.clearFaults()
      restore()
    }
  })

  for (const provider of ['paypal', 'venmo'] as const) {
    test(`${provider}: the payer approves on a page of the provider's, we capture, and its fee is ours`, async ({
      assert,
    }) => {
      const { deposit, order, milestone, shown } = await unpaid(provider)
      assert.equal(deposit.client_action.type, 'redirect')
      assert.equal(deposit.payment_provider, provider)
      paypalSandbox.approve(order)
      await settle()

      assert.equal((await shown()).status, 'completed')
      assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
      assert.deepEqual(await entryKinds(), ['deposit_captured', 'provider_fee'])
      // Of 1,000.00: 3.49 % and 0.49, as the stand-in takes them.
      assert.equal(await held(accounts.providerFee()), '35.39')
      assert.equal(await held(accounts.clearing('paypal')), '964.61')
      assert.deepEqual(await breaks(), [])
    })
  }

  test('an approval told ten times over, while the payer comes back and the schedule looks, is captured once', async ({
    assert,
  }) => {
    const { order, shown, milestone } = await unpaid()
    paypalSandbox.webhookMode({ duplicate: 10, shuffle: 1 })
    paypalSandbox.approve(order)
    await Promise.all([
      settle({ mayFail: true }),
      shown(),
      shown(),
      settlePending({ olderThanSeconds: 0 }),
    ])
    await settle({ mayFail: true, retryNow: true })
    await settlePending({ olderThanSeconds: 0 })
    assert.equal((await shown()).status, 'completed')
    assert.equal(paypalSandbox.captures.length, 1)
    assert.lengthOf([...new Set(captures().map(({ requestId }) => requestId))], 1)
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
    assert.deepEqual(await breaks(), [])
  })

  test('the payer who comes back before any webhook finds the deposit paid', async ({ assert }) => {
    const { order, shown } = await unpaid()
    paypalSandbox.webhookMode({ paused: true })
    paypalSandbox.approve(order)
    assert.equal((await shown()).status, 'completed')
  })

  test('a refused means of payment leaves the deposit open, says why, and another one pays', async ({
    assert,
  }) => {
    const { order, shown } = await unpaid()
    paypalSandbox.approve(order, { instrument: 'declined' })
    await settle()
    const refused = await shown()
    assert.equal(refused.status, 'pending')
    assert.equal(refused.failure.code, 'payment_attempt_failed')
    assert.equal(refused.client_action.type, 'redirect')

    paypalSandbox.approve(order)
    await settle()
    const paid = await shown()
    assert.equal(paid.status, 'completed')
    assert.isNull(paid.failure)
    assert.equal(paypalSandbox.captures.filter(({ status }) => status === 'COMPLETED').length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('what the payer’s bank still has to send funds nothing until it has come', async ({
    assert,
  }) => {
    const { order, shown, milestone } = await unpaid()
    paypalSandbox.approve(order, { instrument: 'echeck' })
    await settle()
    assert.equal((await shown()).status, 'pending')
    assert.equal(await held(accounts.escrow(milestone.id)), '0.00')

    paypalSandbox.settleCapture(paypalSandbox.captures[0].id)
    await settle()
    assert.equal((await shown()).status, 'completed')
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
    assert.deepEqual(await breaks(), [])
  })

  test('what the payer’s bank never sends ends the deposit, and frees the milestone for another', async ({
    assert,
  }) => {
    const { client, milestones, order, shown } = await unpaid()
    paypalSandbox.approve(order, { instrument: 'echeck' })
    await settle()
    paypalSandbox.declineCapture(paypalSandbox.captures[0].id)
    await settle()
    assert.equal((await shown()).status, 'failed')
    const again = await fund(client, milestones, 'paypal')
    assert.equal(again.status, 'completed')
    assert.deepEqual(await breaks(), [])
  })

  test('a cancelled deposit is not captured, although its payer approves it afterwards', async ({
    assert,
  }) => {
    const { client, deposit, order, shown } = await unpaid()
    expectData(await pay(client, `payments/transactions/${deposit.id}/cancel`))
    paypalSandbox.approve(order)
    await settle()
    await settlePending({ olderThanSeconds: 0 })
    assert.equal((await shown()).status, 'failed')
    assert.lengthOf(captures(), 0)
    assert.equal(paypalSandbox.captures.length, 0)
  })

  for (const at of ['before', 'after'] as const) {
    test(`a deposit is cancelled only once a capture on its way has come to rest (lost ${at} the effect)`, async ({
      assert,
    }) => {
      const { client, deposit, order, milestone, shown } = await unpaid()
      paypalSandbox.webhookMode({ paused: true })
      paypalSandbox.failNext(CAPTURE, { at, with: 'timeout' })
      paypalSandbox.approve(order)
      assert.equal((await shown()).status, 'pending')

      expectProblem(
        await pay(client, `payments/transactions/${deposit.id}/cancel`),
        409,
        'wrong_state'
      )
      assert.equal((await shown()).status, 'completed')
      assert.equal(paypalSandbox.captures.length, 1)
      assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
      assert.deepEqual(await breaks(), [])
    })
  }

  test('an approval that nobody captures in time ends with its order, and the payer keeps the money', async ({
    assert,
  }) => {
    const { order, shown } = await unpaid()
    paypalSandbox.webhookMode({ paused: true })
    paypalSandbox.failNext(CAPTURE, { at: 'before', with: 500, times: 5 })
    paypalSandbox.approve(order)
    await shown()
    await db.from('deposits').update({ expires_at: db.raw("now() - interval '1 minute'") })
    paypalSandbox.advance(6 * 3_600_000)
    paypalSandbox.clearFaults()
    await settlePending({ olderThanSeconds: 0 })
    await drain({ mayFail: true })
    const ended = await shown()
    assert.equal(ended.status, 'failed')
    assert.equal(paypalSandbox.captures.length, 0)
    assert.deepEqual(await breaks(), [])
  })

  test('Venmo takes US dollars only, and neither of them a form inside the page', async () => {
    const { client, milestone } = await activeProject({ provider: 'paypal' })
    await db.from('milestones').where('id', milestone.id).update({ currency: 'EUR' })
    await db.from('projects').update({ currency: 'EUR' })
    const ask = (body: object) =>
      pay(client, 'payments/deposit', { milestone_ids: [milestone.id], ...body })
    const euros = expectProblem(await ask({ payment_provider: 'venmo' }), 422, 'validation_failed')
    if (!/Venmo does not settle EUR/.test(euros.detail)) throw new Error(euros.detail)
    const form = { payment_provider: 'paypal', method: 'payment_element' }
    const method = expectProblem(await ask(form), 422, 'validation_failed')
    if (!/PayPal is paid by checkout/.test(method.detail)) throw new Error(method.detail)
  })
})
