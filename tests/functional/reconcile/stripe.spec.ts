import { test } from '@japa/runner'
import { expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { fundedProject, pay } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { bookFloat, reconcile } from './helpers.js'

test.group('Reconciling with Stripe', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await bookFloat()
  })
  group.each.teardown(async () => {
    sandbox.feesComeLate(false)
  })

  test('finds nothing after a job was paid, released, and refunded in part', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['1000.00', '500.00', '200.00'] })
    const [first, second, third] = found.milestones.map(({ id }) => id)
    expectData(await pay(found.client, 'payments/release', { milestone_id: first }), 201)
    expectData(
      await pay(found.client, 'payments/release', { milestone_id: third, amount: '50.00' }),
      201
    )
    expectData(
      await pay(found.client, 'payments/refund', { milestone_id: second, reason: 'Not needed.' }),
      201
    )
    await settle()
    const { told, run } = await reconcile()
    assert.deepEqual(told, [])
    assert.equal(run.status, 'finished')
    // Float, charge, refund and two transfers.
    assert.equal(run.provider_rows, 5n)
    assert.equal(run.matched, 5n)
    const [usd] = run.totals
    assert.equal(usd.provider_moved, usd.ledger_moved)
    assert.equal(usd.provider_balance, usd.clearing_balance)
    assert.equal(usd.balance_remainder, 0n)
    assert.deepEqual(await breaks(), [])
  })
})
