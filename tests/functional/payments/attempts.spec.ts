import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { applyPayout, failPayout } from '#escrow/apply_payout'
import { failRefund } from '#escrow/apply_refund'
import { sendPayout } from '#escrow/send_payout'
import { settlePending } from '#escrow/settle_pending'
import { sendRefund } from '#escrow/send_refund'
import { changeSetting } from '#escrow/settings'
import { providerKey } from '#payments/provider'
import { stripe } from '#payments/stripe/index'
import { withSetting } from '#tests/functional/stripe/helpers'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
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

  test('a payout that was paid although it had been taken for refused is booked, and not sent again', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    sandbox.webhookMode({ paused: true })
    sandbox.restrictAccount(sandbox.accounts[0].id)
    await pay(client, `milestones/${milestone.id}/approve`)
    const { id } = await only('payout')
    assert.equal(await sendPayout(id), 'waiting')
    assert.equal(await held(accounts.payable(freelancer.id)), '900.00')

    sandbox.completeOnboarding(sandbox.accounts[0].id)
    const transfer = await transferByHand(id, providerKey(id, 1))
    await applyPayout(stripe, await stripe.getPayout(transfer))
    assert.equal((await only('payout')).status, 'completed')
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.equal(await sendPayout(id), 'settled')
    assert.equal(sandbox.transfers.length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('no new key is sent while a request under the refused one may still come through', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    sandbox.webhookMode({ paused: true })
    await pay(client, `milestones/${milestone.id}/approve`)
    const { id } = await only('payout')
    const slow = sandbox.hold('POST /v1/transfers', { at: 'before' })
    const first = sendPayout(id)
    await slow.arrived
    // Another process sends the same, and the account cannot be paid in just that moment.
    sandbox.restrictAccount(sandbox.accounts[0].id)
    assert.equal(await sendPayout(id), 'waiting')
    sandbox.completeOnboarding(sandbox.accounts[0].id)
    assert.equal(await sendPayout(id), 'waiting')
    const keys = sandbox.requestLog
      .filter(({ path, method }) => path === '/v1/transfers' && method === 'POST')
      .map(({ idempotencyKey }) => idempotencyKey)
    assert.lengthOf([...new Set(keys)], 1)
    slow.release()
    await first
    await settlePending({ olderThanSeconds: 0 })

    assert.equal((await only('payout')).status, 'completed')
    assert.equal(sandbox.transfers.length, 1)
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('a second transfer for one payout is not booked and does not go unseen', async ({
    assert,
  }) => {
    const { client, milestone } = await submittedMilestone()
    await pay(client, `milestones/${milestone.id}/approve`)
    await settle()
    const { id } = await only('payout')
    const second = await transferByHand(id, providerKey(id, 2))
    await sandbox.flushWebhooks()
    const { errors } = await drain({ mayFail: true })
    assert.lengthOf(errors, 1)
    assert.match(String(errors[0].error), new RegExp(`${second} moves its money a second time`))
    const open = await db.from('inbox_events').where('status', 'failed')
    assert.lengthOf(open, 1)
    assert.match(open[0].last_error, /a second time/)
    assert.deepEqual(await breaks(), [])
  })
})

/** A transfer of 900.00 that carries a payout's id, as a request of ours would have made it. */
async function transferByHand(transactionId: string, key: string): Promise<string> {
  const answer = await fetch(`${sandbox.url}/v1/transfers`, {
    method: 'POST',
    headers: {
      'authorization': 'Bearer sk_test_local',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      'amount': '90000',
      'currency': 'usd',
      'destination': sandbox.accounts[0].id,
      'metadata[transaction_id]': transactionId,
      'metadata[key]': key,
    }),
  })
  const { id } = (await answer.json()) as { id?: string }
  if (!id) throw new Error(`The sandbox refused the transfer: ${answer.status}`)
  return id
}
