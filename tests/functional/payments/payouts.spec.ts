import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { changeSetting } from '#escrow/settings'
import { settlePending } from '#escrow/settle_pending'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import {
  aPayoutAccount,
  fundedMilestone,
  fundedProject,
  pay,
  submit,
  submittedMilestone,
} from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'

async function onlyPayout(freelancer: any) {
  const payouts = expectData(await api(freelancer).get('payments/payouts'))
  return payouts[0]
}

test.group('Payouts', (group) => {
  group.each.setup(() => resetAll())

  test('without a payout account the money waits, says so, and goes when there is one', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone({ payable: false })
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    const waiting = await onlyPayout(freelancer)
    assert.equal(waiting.state, 'waiting')
    assert.match(waiting.wait_reason, /payout account/)
    assert.equal(await held(accounts.payable(freelancer.id)), '900.00')

    await aPayoutAccount(freelancer)
    await settle()
    assert.equal((await onlyPayout(freelancer)).state, 'paid')
    assert.equal(sandbox.transfers.length, 1)
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('an account that Stripe restricts makes it wait until it is enabled again', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    // We have not heard of the restriction when we send.
    sandbox.webhookMode({ paused: true })
    sandbox.restrictAccount(sandbox.accounts[0].id)
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await drain()
    const waiting = await onlyPayout(freelancer)
    assert.equal(waiting.state, 'waiting')
    assert.equal(await held(accounts.payable(freelancer.id)), '900.00')

    sandbox.webhookMode({})
    await settle()
    sandbox.completeOnboarding(sandbox.accounts[0].id)
    await settle()
    assert.equal((await onlyPayout(freelancer)).state, 'paid')
    assert.equal(sandbox.transfers.length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('it is held back for as long as the setting says', async ({ assert }) => {
    await db.transaction((trx) => changeSetting(trx, 'payout_hold_days', 3, 'test'))
    const { client, freelancer, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    await settlePending({ olderThanSeconds: 0 })
    assert.equal((await onlyPayout(freelancer)).state, 'waiting')
    await db.from('payouts').update({ not_before: db.raw('now()') })
    await settlePending({ olderThanSeconds: 0 })
    assert.equal((await onlyPayout(freelancer)).state, 'paid')
  })

  test('a transfer that is reversed later, in parts, is payable again, each part once', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    const { id } = sandbox.transfers[0]
    sandbox.reverseTransfer(id, 30_000)
    await settle()
    assert.equal(await held(accounts.payable(freelancer.id)), '300.00')
    sandbox.reverseTransfer(id)
    await settle()
    for (const event of sandbox.events.filter(({ type }) => type === 'transfer.reversed')) {
      await sandbox.deliver(event, { times: 2 })
    }
    await settle()
    assert.equal(await held(accounts.payable(freelancer.id)), '900.00')
    assert.equal((await onlyPayout(freelancer)).state, 'returned')
    assert.deepEqual(await breaks(), [])
  })

  test('a payout of the connected account to its bank that fails is never paid again by us', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    sandbox.payAutomatically(sandbox.accounts[0].id)
    const payout = sandbox.payouts.at(-1)!
    sandbox.failPayout(payout.id)
    await settle()
    assert.equal(sandbox.transfers.length, 1)
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('released in parts, each part has a payout of its own from the same deposit', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    for (const amount of ['100.00', '333.33', undefined]) {
      const body = { milestone_id: milestone.id, ...(amount && { amount }) }
      expectData(await pay(client, 'payments/release', body), 201)
    }
    await settle()
    assert.deepEqual(
      sandbox.transfers.map(({ amount }) => amount),
      [9000, 30_000, 51_000]
    )
    assert.equal(await held(accounts.platformFee()), '100.00')
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    const sources = new Set(sandbox.transfers.map((transfer) => transfer.source_transaction))
    assert.equal(sources.size, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('a payment that its payer disputes with the bank is frozen: not released, refunded or paid out', async ({
    assert,
  }) => {
    const { client, freelancer, milestones, project } = await fundedProject({
      amounts: ['600.00', '400.00'],
      payable: false,
    })
    await submit(freelancer, milestones[0])
    expectData(await pay(client, 'payments/release', { milestone_id: milestones[1].id }), 201)
    sandbox.openDispute(sandbox.charges[0].id)
    await settle()
    const body = { milestone_id: milestones[0].id }
    expectProblem(await pay(client, `milestones/${milestones[0].id}/approve`), 409, 'frozen')
    expectProblem(await pay(client, 'payments/release', body), 409, 'frozen')
    const refund = await pay(client, 'payments/refund', { ...body, reason: 'Twice, please.' })
    expectProblem(refund, 409, 'frozen')
    const shown = expectData(await api(client).get(`milestones/${milestones[0].id}`))
    assert.isNull(shown.auto_approve_at)

    await aPayoutAccount(freelancer)
    await settle()
    const [payout] = expectData(await api(freelancer).get('payments/payouts'))
    assert.equal(payout.state, 'waiting')
    assert.match(payout.wait_reason, /disputed/)
    assert.equal(sandbox.transfers.length, 0)
    const lines = expectData(await api(client).get(`projects/${project.id}/activity`))
    assert.include(
      lines.map((line: { action: string }) => line.action),
      'deposit.disputed'
    )
  })

  test('an amount of null is no amount, and moves nothing', async () => {
    const { client, milestone } = await fundedMilestone()
    const body = { milestone_id: milestone.id, amount: null }
    expectProblem(await pay(client, 'payments/release', body), 422)
    expectProblem(await pay(client, 'payments/refund', { ...body, reason: 'Empty field.' }), 422)
  })
})
