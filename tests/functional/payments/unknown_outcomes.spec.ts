import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { changeSetting } from '#escrow/settings'
import { settlePending } from '#escrow/settle_pending'
import { sendPayout } from '#escrow/send_payout'
import { withSetting } from '#tests/functional/stripe/helpers'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import {
  activeProject,
  fund,
  fundedMilestone,
  pay,
  submittedMilestone,
} from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'

const keysOf = (path: string) => [
  ...new Set(
    sandbox.requestLog
      .filter((request) => request.method === 'POST' && request.path === path)
      .map((request) => request.idempotencyKey)
  ),
]

async function payoutTransaction(): Promise<{ id: string; status: string; attempt: number }> {
  return db.from('transactions').where('transaction_type', 'payout').firstOrFail()
}

test.group('Unknown outcomes', (group) => {
  group.each.setup(async () => {
    await resetAll()
    const restore = withSetting('STRIPE_TIMEOUT_MS', 1000)
    return () => {
      sandbox.clearFaults()
      restore()
    }
  })

  test('a payout whose answer is lost is settled by look-up, under no other key', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    sandbox.webhookMode({ paused: true })
    sandbox.failNext('POST /v1/transfers', { at: 'after', with: 'timeout' })
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await drain({ mayFail: true })
    const open = await payoutTransaction()
    assert.equal(open.status, 'pending')
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.equal(await held(accounts.payoutInTransit(open.id)), '900.00')

    await settlePending({ olderThanSeconds: 0 })
    assert.equal((await payoutTransaction()).status, 'completed')
    assert.equal(sandbox.transfers.length, 1)
    assert.lengthOf(keysOf('/v1/transfers'), 1)
    assert.equal(await held(accounts.payoutInTransit(open.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  for (const fault of ['timeout', 'reset', 500, 'malformed'] as const) {
    for (const at of ['before', 'after'] as const) {
      test(`a payout with ${fault} ${at} the effect pays once`, async ({ assert }) => {
        const { client, freelancer, milestone } = await submittedMilestone()
        sandbox.failNext('POST /v1/transfers', { at, with: fault, times: 2 })
        expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
        await settle({ mayFail: true, retryNow: true })
        await settlePending({ olderThanSeconds: 0 })
        assert.equal((await payoutTransaction()).status, 'completed')
        assert.equal(sandbox.transfers.length, 1)
        assert.lengthOf(keysOf('/v1/transfers'), 1)
        assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
        assert.deepEqual(await breaks(), [])
      })

      test(`a refund with ${fault} ${at} the effect refunds once`, async ({ assert }) => {
        const { client, milestone } = await fundedMilestone()
        sandbox.failNext('POST /v1/refunds', { at, with: fault, times: 2 })
        expectData(
          await pay(client, 'payments/refund', {
            milestone_id: milestone.id,
            reason: 'Not needed.',
          }),
          201
        )
        await settle({ mayFail: true, retryNow: true })
        await settlePending({ olderThanSeconds: 0 })
        const refund = await db
          .from('transactions')
          .where('transaction_type', 'refund')
          .firstOrFail()
        assert.equal(refund.status, 'completed')
        assert.equal(sandbox.refunds.length, 1)
        assert.lengthOf(keysOf('/v1/refunds'), 1)
        assert.deepEqual(await breaks(), [])
      })

      test(`a deposit with ${fault} ${at} the effect is one payment, and its GET brings how to pay`, async ({
        assert,
      }) => {
        const { client, milestone } = await activeProject()
        sandbox.failNext('POST /v1/payment_intents', { at, with: fault, times: 2 })
        const answer = await pay(client, 'payments/deposit', {
          milestone_ids: [milestone.id],
          payment_provider: 'stripe',
        })
        const deposit = expectData(answer, 202)
        assert.equal(deposit.status, 'pending')
        assert.isNull(deposit.client_action)
        sandbox.clearFaults()
        const shown = expectData(await api(client).get(`payments/transactions/${deposit.id}`))
        assert.equal(shown.client_action.type, 'confirm_payment')
        assert.equal(sandbox.paymentIntents.length, 1)
        sandbox.confirm(sandbox.paymentIntents[0].id)
        await settle()
        assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
        assert.deepEqual(await breaks(), [])
      })
    }
  }

  test('no new key is used while the outcome is open; only after two look-ups far enough apart', async ({
    assert,
  }) => {
    const { client, milestone } = await submittedMilestone()
    // The provider stores a 500 under the key and replays it for ever: the transfer does not exist.
    sandbox.failNext('POST /v1/transfers', { at: 'before', with: 500, replay500: true })
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle({ mayFail: true })
    const { id } = await payoutTransaction()
    for (let run = 0; run < 5; run++) assert.equal(await sendPayout(id), 'unknown')
    assert.lengthOf(keysOf('/v1/transfers'), 1)
    assert.equal((await payoutTransaction()).attempt, 1)
    const sent = sandbox.requestLog.filter(({ path }) => path === '/v1/transfers').length
    assert.isBelow(sent, 10, 'a spent key is not sent again')

    await db.transaction((trx) => changeSetting(trx, 'unknown_lookup_interval_seconds', 0, 'test'))
    assert.equal(await sendPayout(id), 'unknown')
    assert.equal((await payoutTransaction()).attempt, 1)
    assert.equal(await sendPayout(id), 'unknown')
    assert.equal((await payoutTransaction()).attempt, 2)
    assert.equal(await sendPayout(id), 'settled')
    assert.lengthOf(keysOf('/v1/transfers'), 2)
    assert.equal(sandbox.transfers.length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('a deposit whose key only replays an error gives way to a new one', async ({ assert }) => {
    const { client, milestone, milestones } = await activeProject()
    sandbox.failNext('POST /v1/payment_intents', { at: 'before', with: 500, replay500: true })
    const body = { milestone_ids: [milestone.id], payment_provider: 'stripe' }
    expectData(await pay(client, 'payments/deposit', body), 202)
    await fund(client, milestones)
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
    assert.equal(sandbox.paymentIntents.length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('a look-up that fails is no proof that nothing is there', async ({ assert }) => {
    const { client, milestone } = await submittedMilestone()
    await db.transaction((trx) => changeSetting(trx, 'unknown_lookup_interval_seconds', 0, 'test'))
    sandbox.webhookMode({ paused: true })
    sandbox.failNext('POST /v1/transfers', { at: 'after', with: 'timeout' })
    sandbox.failNext('GET /v1/transfers', { at: 'before', with: 500, times: 6 })
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await drain({ mayFail: true })
    const { id } = await payoutTransaction()
    for (let run = 0; run < 4; run++) assert.equal(await sendPayout(id), 'unknown')
    assert.equal((await payoutTransaction()).attempt, 1)
    sandbox.clearFaults()
    assert.equal(await sendPayout(id), 'settled')
    assert.equal(sandbox.transfers.length, 1)
    assert.lengthOf(keysOf('/v1/transfers'), 1)
    assert.deepEqual(await breaks(), [])
  })

  test('one that cannot be settled does not keep the others from being settled', async ({
    assert,
  }) => {
    const first = await fundedMilestone()
    const second = await fundedMilestone()
    for (const { client, milestone } of [first, second]) {
      sandbox.failNext('POST /v1/refunds', { at: 'before', with: 'timeout' })
      const body = { milestone_id: milestone.id, reason: 'Not needed.' }
      expectData(await pay(client, 'payments/refund', body), 201)
      await drain({ mayFail: true })
    }
    // Something that nobody thought of: its deposit is gone from our books.
    await db.rawQuery(
      `UPDATE transactions SET deposit_id = NULL WHERE id =
        (SELECT id FROM transactions WHERE transaction_type = 'refund' ORDER BY id LIMIT 1)`
    )
    const results = await settlePending({ olderThanSeconds: 0 })
    assert.sameMembers(
      results.map(({ after }) => after),
      ['pending', 'completed']
    )
  })

  test('a webhook that comes before the answer to our own call settles it, and the answer changes nothing', async ({
    assert,
  }) => {
    const { client, milestone } = await submittedMilestone()
    const { arrived, release } = sandbox.hold('POST /v1/transfers', { at: 'after' })
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    const restore = withSetting('STRIPE_TIMEOUT_MS', 20_000)
    const running = settle()
    await arrived
    await sandbox.flushWebhooks()
    // The other worker's turn, while the first one still waits for Stripe's answer.
    await drain()
    assert.equal((await payoutTransaction()).status, 'completed')
    release()
    await running
    restore()
    await settle()
    assert.equal((await payoutTransaction()).status, 'completed')
    assert.equal(sandbox.transfers.length, 1)
    assert.deepEqual(await breaks(), [])
  })
})
