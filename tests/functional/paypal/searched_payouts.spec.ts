import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { settlePending } from '#escrow/settle_pending'
import { expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import { pay, submittedMilestone } from '#tests/support/projects'
import { impatient } from '#tests/support/rails'
import { paypalSandbox } from '#tests/support/sandbox'

test.group('A payout that was found by search', (group) => {
  group.each.setup(async () => {
    await resetAll()
    const restore = impatient()
    return () => {
      paypalSandbox.clearFaults()
      restore()
    }
  })

  test('is the one that a batch tells of later, and its return is booked', async ({ assert }) => {
    const { client, freelancer, milestone } = await submittedMilestone({ provider: 'paypal' })
    paypalSandbox.webhookMode({ drop: () => true })
    paypalSandbox.failNext('POST /v1/payments/payouts', { at: 'after', with: 'timeout' })
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await drain({ mayFail: true })
    const payout = () => db.from('transactions').where('transaction_type', 'payout').first()
    await db
      .from('transactions')
      .where('transaction_type', 'payout')
      .update({
        created_at: db.raw("now() - interval '40 days'"),
        sent_at: db.raw("now() - interval '40 days'"),
      })
    await settlePending({ olderThanSeconds: 0 })
    const [item] = paypalSandbox.payoutItems
    const found = await payout()
    assert.equal(found.status, 'completed')
    assert.equal(found.provider_transaction_id, item.transaction_id)

    paypalSandbox.webhookMode({})
    paypalSandbox.setPayoutItem(item.payout_item_id, 'REVERSED')
    await settle()
    assert.equal((await db.from('payouts').first()).state, 'returned')
    assert.equal(await held(accounts.payable(freelancer.id)), '900.00')
    assert.deepEqual(await breaks(), [])
  })
})
