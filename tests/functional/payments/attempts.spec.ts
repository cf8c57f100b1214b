import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { failPayout } from '#escrow/apply_payout'
import { failRefund } from '#escrow/apply_refund'
import { sendPayout } from '#escrow/send_payout'
import { sendRefund } from '#escrow/send_refund'
import { changeSetting } from '#escrow/settings'
import { withSetting } from '#tests/functional/stripe/helpers'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import { fundedMilestone, pay, submittedMilestone } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'

const only = (type: string): Promise<{ id: string; status: string; attempt: number }> =>
  db.from('transactions').where('transaction_type', type).firstOrFail()

/** Stripe replays a 500 for ever under the first key; two look-ups end that attempt. */
async function givenUp(type: 'payout' | 'refund', send: (id: string) => Promise<string>) {
  await settle({ mayFail: true })
  await db.transaction((trx) => changeSetting(trx, 'unknown_lookup_interval_seconds', 0, 'test'))
  const { id } = await only(type)
  for (let look = 0; look < 3 && (await only(type)).attempt === 1; look++) await send(id)
  return only(type)
}

test.group('Attempts', (group) => {
  group.each.setup(async () => {
    await resetAll()
    const restore = withSetting('STRIPE_TIMEOUT_MS', 1000)
    return () => {
      sandbox.clearFaults()
      restore()
    }
  })

  test('a payout whose second attempt is refused is payable again, and paid once', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    sandbox.failNext('POST /v1/transfers', { at: 'before', with: 500, replay500: true })
    await pay(client, `milestones/${milestone.id}/approve`)
    const { id, attempt } = await givenUp('payout', sendPayout)
    assert.equal(attempt, 2)

    const [account] = sandbox.accounts
    sandbox.restrictAccount(account.id)
    assert.equal(await sendPayout(id), 'waiting')
    assert.equal(await held(accounts.payable(freelancer.id)), '900.00')
    assert.equal(await held(accounts.payoutInTransit(id)), '0.00')
    assert.deepEqual(await breaks(), [])

    sandbox.completeOnboarding(account.id)
    await settle()
    await sendPayout(id)
    assert.equal((await only('payout')).status, 'completed')
    assert.equal(sandbox.transfers.length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('a late refusal of an earlier attempt does not take back a payout that is under way', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    const [account] = sandbox.accounts
    sandbox.webhookMode({ paused: true })
    sandbox.restrictAccount(account.id)
    await pay(client, `milestones/${milestone.id}/approve`)
    const { id } = await only('payout')
    assert.equal(await sendPayout(id), 'waiting')

    sandbox.completeOnboarding(account.id)
    sandbox.failNext('POST /v1/transfers', { at: 'after', with: 'timeout' })
    assert.equal(await sendPayout(id), 'unknown')
    // Who had asked together with the first one, and was slow to hear the same refusal.
    await failPayout(id, 1, { code: 'too_late', message: 'Too late.', waitReason: 'Nothing.' })
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')

    assert.equal(await sendPayout(id), 'settled')
    await settle()
    assert.equal((await only('payout')).status, 'completed')
    assert.equal(sandbox.transfers.length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('a late refusal of an earlier attempt does not fail a refund that is under way or done', async ({
    assert,
  }) => {
    const { client, milestone } = await fundedMilestone()
    sandbox.failNext('POST /v1/refunds', { at: 'before', with: 500, replay500: true })
    await pay(client, 'payments/refund', { milestone_id: milestone.id, reason: 'Not needed.' })
    const { id, attempt } = await givenUp('refund', sendRefund)
    assert.equal(attempt, 2)
    const late = () => failRefund(id, 1, { code: 'too_late', message: 'Too late.' })

    sandbox.failNext('POST /v1/refunds', { at: 'after', with: 'timeout' })
    assert.equal(await sendRefund(id), 'unknown')
    await late()
    assert.equal((await only('refund')).status, 'pending')
    assert.equal(await sendRefund(id), 'settled')
    await late()
    await failRefund(id, 2, { code: 'too_late', message: 'Too late.' })
    await settle()
    assert.equal((await only('refund')).status, 'completed')
    assert.equal(await held(accounts.refundPayable(client.id)), '0.00')
    assert.equal(sandbox.refunds.length, 1)
    assert.deepEqual(await breaks(), [])
  })
})
