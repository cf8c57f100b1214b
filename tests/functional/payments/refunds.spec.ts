import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { escalateRefund } from '#escrow/escalate_refund'
import { settlePending } from '#escrow/settle_pending'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, entryKinds, held } from '#tests/support/ledger'
import {
  fundedMilestone,
  fundedProject,
  pay,
  submit,
  submittedMilestone,
} from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { aClient } from '#tests/support/users'

const ask = (milestone: { id: string }, amount?: string) => ({
  milestone_id: milestone.id,
  reason: 'It is not what we agreed.',
  ...(amount && { amount }),
})

test.group('Refunds', (group) => {
  group.each.setup(() => resetAll())

  test('just funded and nothing submitted: the money goes back without anybody agreeing', async ({
    assert,
  }) => {
    const { client, milestone } = await fundedMilestone()
    const refund = expectData(await pay(client, 'payments/refund', ask(milestone)), 201)
    assert.isTrue(refund.immediate)
    assert.equal(refund.transaction.status, 'pending')
    await settle()
    const shown = expectData(await api(client).get(`payments/refunds/${refund.id}`))
    assert.equal(shown.transaction.status, 'completed')
    assert.equal(sandbox.refunds[0].amount, 100_000)
    const after = expectData(await api(client).get(`milestones/${milestone.id}`))
    assert.equal(after.status, 'pending')
    assert.equal(after.closed_reason, 'refunded')
    expectProblem(
      await pay(client, 'payments/deposit', {
        milestone_ids: [milestone.id],
        payment_provider: 'stripe',
      }),
      409
    )
    assert.deepEqual(await breaks(), [])
  })

  test('a day after funding it needs consent; a week past the due date it does not', async ({
    assert,
  }) => {
    const { client, milestone } = await fundedMilestone()
    await db
      .from('milestones')
      .where('id', milestone.id)
      .update({ funded_at: db.raw(`now() - interval '25 hours'`) })
    const asked = expectData(await pay(client, 'payments/refund', ask(milestone, '10.00')), 201)
    assert.isFalse(asked.immediate)
    assert.equal(asked.status, 'requested')
    await db.from('refund_requests').update({ status: 'declined' })
    await db
      .from('milestones')
      .where('id', milestone.id)
      .update({ due_date: db.raw(`now() - interval '8 days'`) })
    assert.isTrue(
      expectData(await pay(client, 'payments/refund', ask(milestone, '10.00')), 201).immediate
    )
  })

  test('an open request stops approval, release and the clock until it is declined', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    await db
      .from('milestones')
      .where('id', milestone.id)
      .update({ auto_approve_at: db.raw(`now() + interval '10 days'`) })
    const refund = expectData(await pay(client, 'payments/refund', ask(milestone)), 201)
    const stopped = expectData(await api(client).get(`milestones/${milestone.id}`))
    assert.isNull(stopped.auto_approve_at)
    expectProblem(await pay(client, `milestones/${milestone.id}/approve`), 409, 'refund_pending')
    expectProblem(await pay(client, 'payments/release', ask(milestone)), 409, 'refund_pending')
    expectProblem(await pay(client, 'payments/refund', ask(milestone)), 409, 'refund_pending')

    const path = `payments/refunds/${refund.id}`
    expectProblem(await api(client).post(`${path}/decline`), 403)
    expectProblem(await api(await aClient()).post(`${path}/decline`), 404)
    expectData(await api(freelancer).post(`${path}/decline`))
    expectProblem(await pay(freelancer, `${path}/accept`), 409, 'wrong_state')
    const running = expectData(await api(client).get(`milestones/${milestone.id}`))
    const days = (Date.parse(running.auto_approve_at) - Date.now()) / 86_400_000
    assert.approximately(days, 10, 0.01, 'the clock goes on with what was left')
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    assert.deepEqual(await breaks(), [])
  })

  test('an accepted request for a part leaves the rest to be released', async ({ assert }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    const refund = expectData(await pay(client, 'payments/refund', ask(milestone, '250.00')), 201)
    expectData(await pay(freelancer, `payments/refunds/${refund.id}/accept`))
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
    await settle()
    assert.equal(sandbox.refunds[0].amount, 25_000)
    assert.equal(sandbox.transfers[0].amount, 67_500)
    const after = expectData(await api(client).get(`milestones/${milestone.id}`))
    assert.deepInclude(after.escrow, { refunded: '250.00', released: '750.00', held: '0.00' })
    assert.equal(after.status, 'approved')
    assert.deepEqual(await breaks(), [])
  })

  test('an accepted part lets the clock of the rest go on', async ({ assert }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    const refund = expectData(await pay(client, 'payments/refund', ask(milestone, '1.00')), 201)
    expectData(await pay(freelancer, `payments/refunds/${refund.id}/accept`))
    const after = expectData(await api(client).get(`milestones/${milestone.id}`))
    const days = (Date.parse(after.auto_approve_at) - Date.now()) / 86_400_000
    assert.approximately(days, 14, 0.01)
  })

  test('a request that nobody answers becomes an escalated dispute and freezes the milestone', async ({
    assert,
  }) => {
    const { client, milestones, project, freelancer } = await fundedProject({
      amounts: ['600.00', '400.00'],
    })
    await submit(freelancer, milestones[0])
    const refund = expectData(await pay(client, 'payments/refund', ask(milestones[0])), 201)
    await escalateRefund(refund.id)
    const early = expectData(await api(client).get(`payments/refunds/${refund.id}`))
    assert.equal(early.status, 'requested', 'not before its time')

    await db.from('refund_requests').update({ respond_by: db.raw(`now() - interval '1 minute'`) })
    await escalateRefund(refund.id)
    const shown = expectData(await api(client).get(`payments/refunds/${refund.id}`))
    assert.equal(shown.status, 'escalated')
    assert.isNotNull(shown.dispute_id)
    const frozen = await pay(client, `milestones/${milestones[0].id}/approve`)
    expectProblem(frozen, 409, 'frozen')
    const after = expectData(await api(client).get(`projects/${project.id}`))
    assert.equal(after.status, 'disputed')
    expectData(await pay(client, 'payments/release', { milestone_id: milestones[1].id }), 201)
  })

  test('more than is held, zero and fractions of a cent are refused', async () => {
    const { client, freelancer, milestone } = await fundedMilestone()
    for (const amount of ['1000.01', '0.00', '0.001', '-1.00', '1e3']) {
      expectProblem(await pay(client, 'payments/refund', ask(milestone, amount)), 422)
    }
    expectProblem(await pay(freelancer, 'payments/refund', ask(milestone)), 403)
    expectProblem(await pay(await aClient(), 'payments/refund', ask(milestone)), 404)
  })

  test('a refund that the provider fails, early or late, is owed to the client', async ({
    assert,
  }) => {
    const { client, milestone } = await fundedMilestone()
    expectData(await pay(client, 'payments/refund', ask(milestone, '300.00')), 201)
    await settle()
    sandbox.failRefund(sandbox.refunds[0].id)
    await settle()
    await settle()
    assert.equal(await held(accounts.refundPayable(client.id)), '300.00')
    assert.include(await entryKinds(), 'refund_failed')
    const [transaction] = expectData(
      await api(client).get('payments/transactions', { query: { transaction_type: 'refund' } })
    )
    assert.equal(transaction.status, 'failed')
    assert.deepEqual(await breaks(), [])
  })

  test('a refund that our balance does not cover waits, visibly, and goes when it does', async ({
    assert,
  }) => {
    const { client, milestone } = await fundedMilestone()
    sandbox.withdraw(sandbox.available())
    const refund = expectData(await pay(client, 'payments/refund', ask(milestone)), 201)
    await drain()
    const waiting = expectData(await api(client).get(`payments/refunds/${refund.id}`))
    assert.equal(waiting.transaction.status, 'pending')
    assert.match(waiting.transaction.wait_reason, /balance/)
    assert.equal(sandbox.refunds.length, 0)

    // Another client's deposit brings the balance up.
    await fundedMilestone({ amount: '5000.00' })
    await settlePending({ olderThanSeconds: 0 })
    const done = expectData(await api(client).get(`payments/refunds/${refund.id}`))
    assert.equal(done.transaction.status, 'completed')
  })

  test('after a part was released, a part goes back, and what is left can be released', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const release = (amount?: string) =>
      pay(client, 'payments/release', { milestone_id: milestone.id, ...(amount && { amount }) })
    expectData(await release('300.00'), 201)
    expectData(await pay(client, 'payments/refund', ask(milestone, '200.01')), 201)
    expectProblem(await pay(client, 'payments/refund', ask(milestone, '500.00')), 422)
    expectData(await release(), 201)
    await settle()
    assert.deepEqual(
      sandbox.refunds.map(({ amount }) => amount),
      [20_001]
    )
    assert.deepEqual(
      sandbox.transfers.map(({ amount }) => amount),
      [27_000, 45_000]
    )
    const after = expectData(await api(client).get(`milestones/${milestone.id}`))
    assert.deepInclude(after.escrow, { refunded: '200.01', released: '799.99', held: '0.00' })
    assert.equal(after.status, 'approved')
    // The fee is of what was released, rounded down once: 79.99.
    assert.equal(await held(accounts.platformFee()), '79.99')
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('parts that go back one by one add up to the whole, and close the milestone once', async ({
    assert,
  }) => {
    const { client, milestone } = await fundedMilestone({ amount: '100.01' })
    for (const amount of ['33.33', '33.33', undefined]) {
      expectData(await pay(client, 'payments/refund', ask(milestone, amount)), 201)
    }
    expectProblem(await pay(client, 'payments/refund', ask(milestone)), 409)
    await settle()
    assert.deepEqual(
      sandbox.refunds.map(({ amount }) => amount),
      [3333, 3333, 3335]
    )
    const after = expectData(await api(client).get(`milestones/${milestone.id}`))
    assert.equal(after.closed_reason, 'refunded')
    assert.deepEqual(await breaks(), [])
  })

  test('a part of one milestone leaves the others of the same deposit as they are', async ({
    assert,
  }) => {
    const { client, milestones, project } = await fundedProject({ amounts: ['600.00', '400.00'] })
    expectData(await pay(client, 'payments/release', { milestone_id: milestones[0].id }), 201)
    expectData(await pay(client, 'payments/refund', ask(milestones[1], '150.00')), 201)
    await settle()
    const shown = expectData(await api(client).get(`payments/escrow/${project.id}`))
    assert.deepInclude(shown, {
      total_deposited: '1000.00',
      total_released: '600.00',
      total_refunded: '150.00',
      balance: '250.00',
      refund_payable: '0.00',
    })
    assert.deepEqual(await breaks(), [])
  })

  test('a request that was declined can be made again, and be accepted then', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    const first = expectData(await pay(client, 'payments/refund', ask(milestone, '400.00')), 201)
    expectData(await api(freelancer).post(`payments/refunds/${first.id}/decline`))
    const second = expectData(await pay(client, 'payments/refund', ask(milestone, '200.00')), 201)
    expectData(await pay(freelancer, `payments/refunds/${second.id}/accept`))
    await settle()
    assert.deepEqual(
      sandbox.refunds.map(({ amount }) => amount),
      [20_000]
    )
    const after = expectData(await api(client).get(`milestones/${milestone.id}`))
    assert.deepInclude(after.escrow, { refunded: '200.00', held: '800.00' })
    assert.deepEqual(await breaks(), [])
  })

  test('an answer that comes after the time is up finds a dispute, and moves nothing', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    const refund = expectData(await pay(client, 'payments/refund', ask(milestone)), 201)
    await db.from('refund_requests').update({ respond_by: db.raw(`now() - interval '1 minute'`) })
    const [escalated, accepted, declined] = await Promise.all([
      escalateRefund(refund.id),
      pay(freelancer, `payments/refunds/${refund.id}/accept`),
      api(freelancer).post(`payments/refunds/${refund.id}/decline`),
    ])
    assert.isUndefined(escalated)
    await settle()
    const { status } = expectData(await api(client).get(`payments/refunds/${refund.id}`))
    const won = [accepted, declined].filter((answer) => answer.status === 200).length
    assert.equal(won, status === 'escalated' ? 0 : 1)
    assert.equal(sandbox.refunds.length, status === 'accepted' ? 1 : 0)
    assert.deepEqual(await breaks(), [])
  })
})
