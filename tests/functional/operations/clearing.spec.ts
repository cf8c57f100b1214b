import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { cancelUnclaimed } from '#escrow/cancel_unclaimed'
import { explainClearing } from '#escrow/explain_clearing'
import { retryPayout } from '#escrow/retry_payout'
import { settlePending } from '#escrow/settle_pending'
import { withSetting, deadPort } from '#tests/support/provider_calls'
import { expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { bookedFloats } from '#tests/support/floats'
import { breaks } from '#tests/support/ledger'
import { OPERATOR } from '#tests/support/operator'
import {
  activeProject,
  aDeposit,
  fundedMilestone,
  fundedProject,
  pay,
  submittedMilestone,
} from '#tests/support/projects'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { run } from './run.js'

const stripeUsd = async () => {
  const checks = await explainClearing()
  return checks.find(({ rail, currency }) => rail === 'stripe' && currency === 'USD')!
}

const shown = ({ explained }: Awaited<ReturnType<typeof stripeUsd>>) =>
  explained.map(({ reason, amount }) => `${amount.toDecimal()} ${reason}`).sort()

test.group('reconcile:ledger, clearing', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await bookedFloats()
    return () => sandbox.clearFaults()
  })

  for (const provider of ['stripe', 'paypal', 'venmo'] as const) {
    test(`agrees after money came in, went back and was paid out (${provider})`, async ({
      assert,
    }) => {
      const amounts = ['1000.00', '400.00']
      const { client, milestones } = await fundedProject({ amounts, provider })
      expectData(await pay(client, 'payments/release', { milestone_id: milestones[0].id }), 201)
      const body = { milestone_id: milestones[1].id, amount: '150.00', reason: 'Not needed.' }
      expectData(await pay(client, 'payments/refund', body), 201)
      await settle()
      const { exitCode, json } = await run('reconcile:ledger', '--json')
      assert.equal(exitCode, 0)
      assert.isTrue(json.ok)
      const rail = provider === 'stripe' ? 'stripe' : 'paypal'
      const [check] = json.clearing.filter((each: any) => each.rail === rail)
      assert.deepInclude(check, {
        currency: 'USD',
        verdict: 'agrees',
        unexplained: '0.00',
        explained: [],
      })
      assert.notEqual(check.ledger, '100000.00')
      assert.match((await run('reconcile:ledger')).output, new RegExp(`${rail} \\(USD\\)`))
    })
  }

  test('does not call a break what is missing while PayPal cannot say what it has sent', async ({
    assert,
  }) => {
    const { client, milestone } = await submittedMilestone({ provider: 'paypal' })
    paypalSandbox.webhookMode({ paused: true })
    paypalSandbox.failNext('POST /v1/payments/payouts', { at: 'after', with: 'reset', times: 2 })
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await drain({ mayFail: true })
    const { exitCode, json } = await run('reconcile:ledger', '--json')
    assert.equal(exitCode, 3)
    assert.deepEqual(json.breaks, [])
    const [check] = json.clearing.filter((each: any) => each.rail === 'paypal')
    assert.equal(check.verdict, 'no_answer')
    assert.match(check.note, /^What became of payout .* is not known; run reconcile:pending/)
    assert.equal(check.reserved, '900.00')
    // What is there beside that is no payout that left.
    paypalSandbox.topUp(200_000)
    assert.equal((await run('reconcile:ledger', '--json')).exitCode, 1)
    paypalSandbox.withdraw(200_000)

    paypalSandbox.webhookMode({})
    await settlePending({ olderThanSeconds: 0 })
    await settle()
    assert.equal((await run('reconcile:ledger', '--json')).exitCode, 0)
  })

  test('explains what was captured and is not booked, while events wait or were lost', async ({
    assert,
  }) => {
    const { client, milestones } = await activeProject()
    sandbox.webhookMode({ paused: true })
    const deposit = await aDeposit(client, milestones)
    sandbox.confirm(deposit.client_action.client_secret.split('_secret_')[0])
    const before = await stripeUsd()
    assert.equal(before.verdict, 'explained')
    assert.deepEqual(shown(before), ['970.70 captured, and not booked yet'])
    assert.equal(before.explained[0].subject, `deposit ${deposit.id}`)
    const printed = await run('reconcile:ledger')
    assert.equal(printed.exitCode, 0)
    assert.match(printed.output, /explain stripe \(USD\) 970.70: deposit .* not booked yet/)
    sandbox.webhookMode({})
    await settlePending({ olderThanSeconds: 0 })
    assert.equal((await stripeUsd()).verdict, 'agrees')
  })

  test('explains payouts and refunds that the provider has carried and we do not know of', async ({
    assert,
  }) => {
    const { client, milestone } = await submittedMilestone()
    const other = await fundedMilestone()
    sandbox.webhookMode({ paused: true })
    sandbox.failNext('POST /v1/transfers', { at: 'after', with: 'reset', times: 2 })
    sandbox.failNext('POST /v1/refunds', { at: 'after', with: 'reset', times: 2 })
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    const body = { milestone_id: other.milestone.id, amount: '70.00', reason: 'Not needed.' }
    expectData(await pay(other.client, 'payments/refund', body), 201)
    await drain({ mayFail: true })
    const check = await stripeUsd()
    assert.equal(check.verdict, 'explained')
    assert.deepEqual(shown(check), [
      '-70.00 sent, and not booked yet',
      '-900.00 sent, and not booked yet',
    ])
    assert.equal(check.reserved.toDecimal(), '70.00')
    sandbox.webhookMode({})
    await settlePending({ olderThanSeconds: 0 })
    assert.equal((await stripeUsd()).verdict, 'agrees')
    assert.deepEqual(await breaks(), [])
  })

  test('explains a payout that is open again, apart from the fee that its attempt before has left', async ({
    assert,
  }) => {
    const { client, milestone } = await submittedMilestone({ provider: 'paypal' })
    paypalSandbox.planPayout('UNCLAIMED')
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    const { transaction_id: payout } = await db.from('payouts').firstOrFail()
    await cancelUnclaimed(payout, OPERATOR)
    await settle()
    paypalSandbox.planPayout('UNCLAIMED')
    await retryPayout(payout, OPERATOR)
    await settle()
    assert.deepInclude(await db.from('payouts').firstOrFail(), { state: 'in_transit' })
    assert.equal((await db.from('transactions').where('id', payout).firstOrFail()).attempt, 2)
    const { exitCode, json } = await run('reconcile:ledger', '--json')
    const [check] = json.clearing.filter((each: any) => each.rail === 'paypal')
    assert.deepInclude(check, { verdict: 'explained', unexplained: '0.00' })
    assert.equal(exitCode, 0)
  })

  test('explains what came back late, and what a dispute took, before anybody has told us', async ({
    assert,
  }) => {
    const { client, milestone } = await fundedMilestone()
    const disputed = await fundedMilestone()
    const body = { milestone_id: milestone.id, amount: '300.00', reason: 'Not needed.' }
    expectData(await pay(client, 'payments/refund', body), 201)
    await settle()
    sandbox.webhookMode({ drop: () => true })
    sandbox.failRefund(sandbox.refunds[0].id)
    const charge = sandbox.charges.at(-1)!
    assert.equal(charge.amount, Number(disputed.milestone.amount))
    const dispute = sandbox.openDispute(charge.id)
    const check = await stripeUsd()
    assert.equal(check.verdict, 'explained')
    assert.deepEqual(shown(check), [
      '-1015.00 withdrawn for a dispute, and not booked yet',
      '300.00 came back, and not booked yet',
    ])
    assert.include(
      check.explained.map(({ subject }) => subject),
      `dispute ${dispute}`
    )
  })

  test('what a dispute cost and was booked hides no money that is not', async ({ assert }) => {
    await fundedMilestone({ provider: 'paypal' })
    const dispute = paypalSandbox.openDispute(paypalSandbox.captures[0].id!)
    await settle()
    paypalSandbox.resolveDispute(dispute, 'seller')
    await settle()
    paypalSandbox.topUp(2000)
    const checks = await explainClearing()
    const check = checks.find(({ rail }) => rail === 'paypal')!
    assert.deepEqual(check.explained, [])
    assert.equal(check.unexplained!.toDecimal(), '20.00')
  })

  test('what nobody can explain is a break, to the cent, beside what is explained', async ({
    assert,
  }) => {
    const { client, milestones } = await activeProject()
    sandbox.webhookMode({ paused: true })
    const deposit = await aDeposit(client, milestones)
    sandbox.confirm(deposit.client_action.client_secret.split('_secret_')[0])
    const { exitCode: sound } = await run('reconcile:ledger', '--json')
    assert.equal(sound, 0)
    const reference = sandbox.topUp(12_345)
    const { exitCode, json } = await run('reconcile:ledger', '--json')
    assert.equal(exitCode, 1)
    assert.isFalse(json.ok)
    assert.lengthOf(json.breaks, 1)
    assert.deepInclude(json.breaks[0], {
      invariant: 'clearing_is_the_balance',
      subject: 'clearing:stripe (USD)',
    })
    assert.match(json.breaks[0].message, /123\.45 USD of that nobody can explain/)
    const [check] = json.clearing.filter((each: any) => each.rail === 'stripe')
    assert.equal(check.unexplained, '123.45')
    assert.lengthOf(check.explained, 1)

    await run(
      'treasury:record',
      'top-up',
      'stripe',
      '123.45',
      'USD',
      '--reference',
      reference,
      '--by=Vera',
      '--reason=Ticket 812'
    )
    assert.equal((await run('reconcile:ledger', '--json')).exitCode, 0)
  })

  test('offline it asks nobody and says so; a broken ledger is broken all the same', async ({
    assert,
  }) => {
    sandbox.topUp(100)
    withSetting('STRIPE_API_BASE', `http://127.0.0.1:${await deadPort()}`)
    const offline = await run('reconcile:ledger', '--offline', '--json')
    assert.equal(offline.exitCode, 0)
    assert.isTrue(offline.json.ok)
    assert.isNull(offline.json.clearing)
    assert.match((await run('reconcile:ledger', '--offline')).output, /not asked/)
  })

  test('a provider without an answer is neither sound nor a break, and exits with 3', async ({
    assert,
  }) => {
    const restore = withSetting('STRIPE_API_BASE', `http://127.0.0.1:${await deadPort()}`)
    const silent = await run('reconcile:ledger', '--json')
    assert.equal(silent.exitCode, 3)
    assert.isNull(silent.json.ok)
    assert.deepEqual(silent.json.breaks, [])
    const [check] = silent.json.clearing.filter((each: any) => each.rail === 'stripe')
    assert.deepInclude(check, { verdict: 'no_answer', available: null })
    assert.match((await run('reconcile:ledger')).output, /not known/)
    restore()

    // One that cannot be looked at may be what is missing.
    const { client, milestones } = await activeProject()
    sandbox.webhookMode({ paused: true })
    const deposit = await aDeposit(client, milestones)
    sandbox.confirm(deposit.client_action.client_secret.split('_secret_')[0])
    sandbox.failNext('GET /v1/payment_intents/{intent}', { at: 'before', with: 500, times: 50 })
    assert.equal((await run('reconcile:ledger', '--json')).exitCode, 3)
    sandbox.clearFaults()
    assert.equal((await run('reconcile:ledger', '--json')).exitCode, 0)
  })

  test('money that moves while it looks is looked at again', async ({ assert }) => {
    const { client, milestones } = await activeProject()
    sandbox.webhookMode({ paused: true })
    const deposit = await aDeposit(client, milestones)
    sandbox.confirm(deposit.client_action.client_secret.split('_secret_')[0])
    const { arrived, release } = sandbox.hold('GET /v1/payment_intents/{intent}', { at: 'before' })
    const looking = stripeUsd()
    await arrived
    // Booked, by whoever asks next, between the balance and this answer.
    await settlePending({ olderThanSeconds: 0 })
    release()
    const check = await looking
    assert.equal(check.verdict, 'agrees')
    assert.lengthOf(await db.from('deposits').where('state', 'applied'), 1)
  })
})
