import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { changeSetting } from '#escrow/settings'
import { runPayouts } from '#escrow/run_payouts'
import { settlePending } from '#escrow/settle_pending'
import { expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import { fundedMilestone, pay, submittedMilestone } from '#tests/support/projects'
import type { PaymentProvider } from '#models/transaction'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'
import { BY, run } from './run.js'

/** A released milestone whose freelancer has no account yet. */
async function waitingPayout() {
  const found = await submittedMilestone({ payable: false })
  expectData(await pay(found.client, `milestones/${found.milestone.id}/approve`), 201)
  await drain()
  return found
}

/** A released milestone whose payout can go, and no worker has begun with it. */
async function payableNow(options: { provider?: PaymentProvider } = {}) {
  const found = await submittedMilestone(options)
  expectData(await pay(found.client, `milestones/${found.milestone.id}/approve`), 201)
  return found
}

const RAILS = [
  { provider: 'stripe', standIn: sandbox, route: 'POST /v1/transfers' },
  { provider: 'paypal', standIn: paypalSandbox, route: 'POST /v1/payments/payouts' },
  { provider: 'venmo', standIn: paypalSandbox, route: 'POST /v1/payments/payouts' },
] as const

/** How many payouts there really are. */
const paidOut = (provider: PaymentProvider) =>
  provider === 'stripe' ? sandbox.transfers.length : paypalSandbox.payoutItems.length

const everything = async () => {
  for await (const tried of runPayouts()) if (tried.outcome === 'error') throw new Error(tried.note)
}

test.group('payouts:run', (group) => {
  group.each.setup(() => resetAll())

  test('says why each still waits, and waiting is no failure', async ({ assert }) => {
    await waitingPayout()
    const { client, milestone } = await fundedMilestone()
    sandbox.withdraw(sandbox.available())
    const body = { milestone_id: milestone.id, reason: 'Not needed.' }
    expectData(await pay(client, 'payments/refund', body), 201)
    const { exitCode, json } = await run('payouts:run', '--json')
    assert.equal(exitCode, 0)
    assert.deepInclude(json, { tried: 2, waiting: 2, paid: 0, refused: 0, unknown: 0 })
    const [payout, refund] = json.rows
    assert.deepInclude(payout, { type: 'payout', amount: '900.00', outcome: 'waiting' })
    assert.match(payout.note, /payout account/)
    assert.deepInclude(refund, { type: 'refund', amount: '1000.00', outcome: 'waiting' })
    assert.match(refund.note, /balance/)
    const printed = await run('payouts:run')
    assert.match(printed.output, /2 tried: 0 paid, 0 on their way, 2 still waiting/)
  })

  test('leaves alone what is held back, and says how many', async ({ assert }) => {
    await db.transaction((trx) => changeSetting(trx, 'payout_hold_days', 3, 'test'))
    const { client, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    const early = await run('payouts:run', '--json')
    assert.deepInclude(early.json, { tried: 0, held_back: 1 })
    await db.from('payouts').update({ not_before: db.raw('now()') })
    const late = await run('payouts:run', '--json')
    assert.deepInclude(late.json, { tried: 1, paid: 1, held_back: 0 })
    assert.lengthOf(sandbox.transfers, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('tries what was refused only with --failed, and exits with 1 while it is refused', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    // Our row leads to an account that Stripe does not know: a refusal that no waiting mends.
    const [{ destination }] = await db.from('payout_accounts')
    await db.from('payout_accounts').update({ destination: 'acct_gone' })
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    const refused = await run('payouts:run', '--json')
    assert.equal(refused.exitCode, 1)
    assert.deepInclude(refused.json, { tried: 1, refused: 1 })
    assert.isNotEmpty(refused.json.rows[0].note)
    assert.equal((await run('payouts:run', '--json')).json.tried, 0)

    await db.from('payout_accounts').update({ destination })
    assert.equal((await run('payouts:run', '--failed', '--json')).exitCode, 2)
    const again = await run('payouts:run', '--failed', '--json', ...BY)
    assert.equal(again.exitCode, 0)
    const lines = await db.from('audit_log').where('action', 'payout.retried')
    assert.deepEqual(
      lines.map(({ actor_type: who, before, after }) => [who, before.state, after.state]),
      [['operator', 'failed', 'waiting']]
    )
    assert.deepInclude(again.json, { tried: 1, paid: 1 })
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.lengthOf(sandbox.transfers, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('an outcome that nobody knows is told as such, and paid once', async ({ assert }) => {
    await payableNow()
    sandbox.failNext('POST /v1/transfers', { at: 'after', with: 'reset', times: 2 })
    const lost = await run('payouts:run', '--json')
    assert.equal(lost.exitCode, 1)
    assert.deepInclude(lost.json, { tried: 1, unknown: 1 })
    await settlePending({ olderThanSeconds: 0 })
    assert.lengthOf(sandbox.transfers, 1)
    assert.deepEqual(await breaks(), [])
  })

  for (const { provider, standIn, route } of RAILS) {
    for (const at of ['before', 'after'] as const) {
      test(`One PayPal batch handled by cron and webhook at once paid twice (${provider}, answer held ${at} the effect)`, async ({
        assert,
      }) => {
        const { freelancer } = await payableNow({ provider })
        standIn.webhookMode({ paused: true })
        const { arrived, release } = standIn.hold(route, { at })
        const first = everything()
        await arrived
        // While the first one waits for the provider: the schedule, a worker, a webhook and two operators.
        const others = Promise.all([
          everything(),
          run('payouts:run', '--json'),
          settlePending({ olderThanSeconds: 0 }),
          drain({ mayFail: true, concurrency: 4 }),
          standIn.flushWebhooks(),
        ])
        await Promise.race([others, new Promise((resolve) => setTimeout(resolve, 1000))])
        release()
        await Promise.all([first, others])
        standIn.webhookMode({})
        await settle({ mayFail: true, retryNow: true })
        await settlePending({ olderThanSeconds: 0 })

        assert.equal(paidOut(provider), 1)
        const [payout] = await db.from('payouts')
        assert.equal(payout.state, 'paid')
        const { attempt } = await db
          .from('transactions')
          .where('id', payout.transaction_id)
          .firstOrFail()
        assert.equal(attempt, 1, 'there was one key')
        assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
        assert.equal(await held(accounts.payoutInTransit(payout.transaction_id)), '0.00')
        assert.deepEqual(await breaks(), [])
      })
    }
  }

  test('ten runs at once pay each of many payouts once', async ({ assert }) => {
    const found = []
    for (let i = 0; i < 4; i++) found.push(await payableNow())
    await Promise.all(Array.from({ length: 10 }, () => everything()))
    await settle({ mayFail: true, retryNow: true })
    assert.lengthOf(sandbox.transfers, 4)
    const groups = new Set(sandbox.transfers.map((transfer) => transfer.transfer_group))
    assert.equal(groups.size, 4)
    for (const { freelancer } of found) {
      assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    }
    assert.deepEqual(await breaks(), [])
  })
})
