import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { recordTreasury } from '#escrow/record_treasury'
import { Money } from '#ledger/money'
import { expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import {
  activeProject,
  fund,
  fundedProject,
  pay,
  submittedMilestone,
} from '#tests/support/projects'
import { OPERATOR } from '#tests/support/operator'
import { sandbox } from '#tests/support/sandbox'
import { aDay, bookFloat, kinds, later, reconcile } from './helpers.js'

test.group('Reconciling with Stripe finds nothing', (group) => {
  group.each.setup(async () => {
    await resetAll()
    await bookFloat()
    return () => sandbox.feesComeLate(false)
  })

  test('after a job was paid, released in part, and refunded', async ({ assert }) => {
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
    assert.equal(usd.provider_moved, 10_000_000n + 170_000n - 4_960n - 50_000n - 90_000n - 4_500n)
    assert.equal(usd.provider_moved, usd.ledger_moved)
    assert.equal(usd.provider_balance, usd.clearing_balance)
    assert.equal(usd.balance_remainder, 0n)
    assert.deepEqual(await breaks(), [])
  })

  test('when the fee of a payment came later than the payment', async ({ assert }) => {
    sandbox.feesComeLate(true)
    const { client, milestones } = await activeProject()
    await fund(client, milestones)
    sandbox.settleFees()
    await settle()
    const { told, run } = await reconcile()
    assert.deepEqual(told, [])
    assert.equal(run.matched, 2n)
  })

  test('when payouts came back, in parts, and when a refund did', async ({ assert }) => {
    const { client, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    const [transfer] = sandbox.transfers
    for (const part of [10_000, 20_000]) {
      sandbox.reverseTransfer(transfer.id, part)
      await settle()
    }
    const other = await fundedProject()
    expectData(
      await pay(other.client, 'payments/refund', {
        milestone_id: other.milestone.id,
        reason: 'No.',
      }),
      201
    )
    await settle()
    sandbox.failRefund(sandbox.refunds[0].id)
    await settle()
    const { told, run } = await reconcile()
    assert.deepEqual(told, [])
    // Float, two charges, transfer, its two parts back (one movement), refund, refund back.
    assert.equal(run.provider_rows, 8n)
    assert.equal(run.matched, 7n)
    assert.deepEqual(await breaks(), [])
  })

  test('when a bank took a payment back, and gave it back', async ({ assert }) => {
    await fundedProject()
    const dispute = sandbox.openDispute(sandbox.charges[0].id)
    await settle()
    assert.deepEqual((await reconcile()).told, [])
    sandbox.closeDispute(dispute, 'won')
    await settle()
    const { told, run } = await reconcile()
    assert.deepEqual(told, [])
    assert.equal(run.matched, 4n)
  })

  test('when the treasury moved money, booked under either of its names', async ({ assert }) => {
    const topUp = sandbox.topUp(50_000)
    await inTransaction((trx) =>
      recordTreasury(
        trx,
        {
          kind: 'top_up',
          rail: 'stripe',
          amount: usd(50_000n),
          reference: topUp,
        },
        OPERATOR
      )
    )
    sandbox.topUp(70_000)
    const row = sandbox.balanceTransactions.at(-1)!
    await inTransaction((trx) =>
      recordTreasury(
        trx,
        {
          kind: 'top_up',
          rail: 'stripe',
          amount: usd(70_000n),
          reference: row.id,
        },
        OPERATOR
      )
    )
    const { told, run } = await reconcile()
    assert.deepEqual(told, [])
    assert.equal(run.matched, 3n)
  })

  test('when we heard of a payout much later than it was made', async ({ assert }) => {
    const { client, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    // As if it had been sent three days ago: it is listed before the period and its margin.
    await db.rawQuery(
      `UPDATE transactions SET sent_at = sent_at - interval '3 days' WHERE transaction_type = 'payout'`
    )
    const transfers = sandbox.balanceTransactions.filter(({ type }) => type === 'transfer')
    assert.lengthOf(transfers, 1)
    transfers[0].created -= 3 * 86_400
    assert.deepEqual((await reconcile()).told, [])

    // If it had been sent just now, it could not have been listed then.
    await db.rawQuery(`UPDATE transactions SET sent_at = now() WHERE transaction_type = 'payout'`)
    assert.include(kinds((await reconcile()).breaks), 'missing_at_provider')
  })

  test('about what crosses the edge of the period: it is timing, on one side and the other', async ({
    assert,
  }) => {
    await fundedProject()
    const [charge] = sandbox.balanceTransactions.filter(({ type }) => type === 'charge')
    // The provider dates it an hour before our entry; the period begins between the two.
    charge.created -= 3600
    const from = new Date(Date.now() - 1_800_000)
    const inside = await reconcile({ period: { from, to: later() } })
    assert.deepEqual(inside.told, [])
    const [usd] = inside.run.totals
    assert.equal(usd.moved_timing, usd.provider_moved - usd.ledger_moved)
    assert.equal(usd.moved_timing, -(100_000n - 2_930n))
    assert.equal(usd.moved_remainder, 0n)
    const before = await reconcile({ period: { from: aDay().from, to: from } })
    assert.deepEqual(before.told, [])
  })
})

const usd = (minor: bigint) => Money.of(minor, 'USD')
