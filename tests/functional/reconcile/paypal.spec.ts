import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { DateTime } from 'luxon'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { aPayoutAccount, fundedProject, pay, submittedMilestone } from '#tests/support/projects'
import { impatient } from '#tests/support/rails'
import { paypalSandbox } from '#tests/support/sandbox'
import { bookFloat, kinds, reconcile } from './helpers.js'

const rail = 'paypal'

test.group('Reconciling with PayPal', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await bookFloat(rail)
    const restore = impatient()
    return () => restore()
  })

  for (const provider of ['paypal', 'venmo'] as const) {
    test(`finds nothing after a job was paid, released and refunded by ${provider}`, async ({
      assert,
    }) => {
      const found = await fundedProject({ amounts: ['1000.00', '500.00'], provider })
      const [first, second] = found.milestones.map(({ id }) => id)
      expectData(await pay(found.client, 'payments/release', { milestone_id: first }), 201)
      expectData(
        await pay(found.client, 'payments/refund', { milestone_id: second, reason: 'Not needed.' }),
        201
      )
      await settle()
      const { told, run } = await reconcile({ rail })
      assert.deepEqual(told, [])
      const [usd] = run.totals
      assert.equal(usd.provider_balance, usd.clearing_balance)
      assert.equal(usd.balance_remainder, 0n)
      assert.equal(usd.moved_remainder, 0n)
      assert.deepEqual(await breaks(), [])
    })
  }

  test('goes on past a movement in a currency that nobody can count in', async ({ assert }) => {
    const id = paypalSandbox.adjustBalance(500_000, { code: 'T0200', currency: 'KWD' })
    const { run, breaks: found, told } = await reconcile({ rail })
    assert.equal(run.status, 'finished')
    assert.deepEqual(kinds(found), ['foreign_currency'])
    assert.match(
      told[0],
      new RegExp(`other:${id}: the provider moved [0-9.]+ KWD \\(T0200 ${id}\\)`)
    )
  })

  test('calls a payout that nobody claims in flight, until it has come back', async ({
    assert,
  }) => {
    paypalSandbox.planPayout('UNCLAIMED')
    const { client, milestone } = await submittedMilestone({ provider: 'paypal' })
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    const { told, run } = await reconcile({ rail })
    assert.deepEqual(told, [])
    assert.isBelow(Number(run.totals[0].balance_in_flight), 0)
    assert.equal(run.totals[0].balance_remainder, 0n)

    const [item] = paypalSandbox.payoutItems
    paypalSandbox.setPayoutItem(item.payout_item_id!, 'RETURNED')
    await settle()
    const back = await reconcile({ rail })
    assert.deepEqual(kinds(back.breaks), [], 'its fee is booked, although nobody was paid')
    assert.equal(back.run.totals[0].balance_remainder, 0n)
  })

  for (const next of ['stripe', 'paypal'] as const) {
    test(`finds nothing on any rail after a payout came back and was paid by ${next}`, async ({
      assert,
    }) => {
      await bookFloat('stripe')
      paypalSandbox.planPayout('UNCLAIMED')
      const { client, freelancer, milestone } = await submittedMilestone({ provider: 'paypal' })
      expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
      await settle()
      paypalSandbox.setPayoutItem(paypalSandbox.payoutItems[0].payout_item_id!, 'RETURNED')
      await settle()

      if (next === 'stripe') await aPayoutAccount(freelancer, 'stripe')
      const account = await db.from('payout_accounts').where('payment_provider', next).firstOrFail()
      expectData(
        await api(freelancer).put(`payments/payout-accounts/${account.id}`, { is_default: true })
      )
      await settle()
      const [payout] = await db.from('payouts')
      assert.equal(payout.state, 'paid')
      for (const each of ['stripe', 'paypal'] as const) {
        const { told, run } = await reconcile({ rail: each })
        assert.deepEqual(told, [], each)
        assert.equal(run.totals[0].balance_remainder, 0n, each)
      }
      assert.deepEqual(await breaks(), [])
    })
  }

  test('finds nothing after a buyer’s claim took money and gave it back', async ({ assert }) => {
    await fundedProject({ provider: 'paypal' })
    const [capture] = paypalSandbox.captures
    const dispute = paypalSandbox.openDispute(capture.id!)
    await settle()
    assert.deepEqual((await reconcile({ rail })).told, [])
    paypalSandbox.resolveDispute(dispute, 'seller')
    await settle()
    assert.deepEqual((await reconcile({ rail })).told, [])
  })

  test('shows what PayPal does of its own', async ({ assert }) => {
    paypalSandbox.adjustBalance(-7_500)
    const { breaks: found } = await reconcile({ rail })
    assert.deepEqual(kinds(found), ['unknown_account'])
    assert.equal(found[0].difference, -7_500n)
    const asOf = DateTime.utc().plus({ hours: 5 }).toJSDate()
    paypalSandbox.topUp(90_000)
    assert.deepEqual(kinds((await reconcile({ rail, asOf })).breaks), [
      'missing_in_ledger',
      'unknown_account',
    ])
  })
})
