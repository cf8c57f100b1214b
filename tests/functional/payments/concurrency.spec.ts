import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { autoApprove } from '#escrow/auto_approve'
import { breaks, held } from '#tests/support/ledger'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import {
  activeProject,
  aDeposit,
  fundedMilestone,
  pay,
  submit,
  submittedMilestone,
} from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { api, expectData } from '#tests/support/api'

const codes = (answers: { status: number; body: { code?: string } }[]) =>
  answers
    .map(({ status, body }) => (status < 300 ? String(status) : `${status} ${body.code}`))
    .sort()

test.group('At the same moment', (group) => {
  group.each.setup(() => resetAll())

  test('a milestone is released once when 100 requests approve together', async ({ assert }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => pay(client, `milestones/${milestone.id}/approve`))
    )
    const [first, ...rest] = codes(answers)
    assert.equal(first, '201')
    assert.deepEqual(new Set(rest), new Set(['409 wrong_state']))
    for (const { status, body } of answers) {
      if (status === 409) assert.match(body.detail, /approved already; its money was released once/)
    }
    await settle()

    assert.equal(sandbox.transfers.length, 1)
    assert.lengthOf(await db.from('releases'), 1)
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('100 requests with one key are one approval, and the others say that it runs or replay it', async ({
    assert,
  }) => {
    const { client, milestone } = await submittedMilestone()
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        pay(client, `milestones/${milestone.id}/approve`, undefined, 'the-same-key')
      )
    )
    const kinds = new Set(codes(answers))
    kinds.delete('409 idempotency_in_progress')
    assert.deepEqual([...kinds], ['201'])
    await settle()
    assert.equal(sandbox.transfers.length, 1)
  })

  test('exactly one of release, refund and automatic approval wins', async ({ assert }) => {
    for (let round = 0; round < 5; round++) {
      const { client, milestone } = await submittedMilestone()
      await db
        .from('milestones')
        .where('id', milestone.id)
        .update({ auto_approve_at: db.raw(`now() - interval '1 minute'`) })
      const [released, approved, refund, automatic] = await Promise.all([
        pay(client, 'payments/release', { milestone_id: milestone.id }),
        pay(client, `milestones/${milestone.id}/approve`),
        pay(client, 'payments/refund', { milestone_id: milestone.id, reason: 'Changed my mind.' }),
        autoApprove(milestone.id).then(
          (release) => (release ? 'won' : 'not due'),
          (problem) => problem.code
        ),
      ])
      const won = [released, approved, refund].filter(({ status }) => status === 201).length
      assert.equal(won + (automatic === 'won' ? 1 : 0), 1, `round ${round}`)
      await settle()
      assert.equal(sandbox.transfers.length + sandbox.refunds.length, refund.status === 201 ? 0 : 1)
      assert.deepEqual(await breaks(), [])
      await resetAll()
    }
  })

  test('exactly one of release and immediate refund moves the money', async ({ assert }) => {
    const { client, milestone } = await fundedMilestone()
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () =>
        pay(client, 'payments/release', { milestone_id: milestone.id })
      ),
      ...Array.from({ length: 5 }, () =>
        pay(client, 'payments/refund', { milestone_id: milestone.id, reason: 'Not needed.' })
      ),
    ])
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    await settle()
    assert.equal(sandbox.transfers.length + sandbox.refunds.length, 1)
    assert.equal(await held(accounts.escrow(milestone.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('parts released together never exceed what is held, and their fees sum to the fee of the whole', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone({ amount: '100.01' })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        pay(client, 'payments/release', { milestone_id: milestone.id, amount: '33.33' })
      )
    )
    assert.equal(answers.filter(({ status }) => status === 201).length, 3)
    expectData(await pay(client, 'payments/release', { milestone_id: milestone.id }), 201)
    await settle()
    assert.equal(await held(accounts.platformFee()), '10.00')
    assert.equal(
      sandbox.transfers.reduce((sum, transfer) => sum + transfer.amount, 0),
      9001
    )
    assert.equal(await held(accounts.payable(freelancer.id)), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('of two deposits racing for one milestone one funds it, and no money of the other stays', async ({
    assert,
  }) => {
    const { client, milestone, milestones } = await activeProject()
    const first = await aDeposit(client, milestones)
    const intent = first.client_action.client_secret.split('_secret_')[0]
    // The payer confirms in one tab while another tab starts over.
    const [second] = await Promise.all([
      pay(client, 'payments/deposit', {
        milestone_ids: [milestone.id],
        payment_provider: 'stripe',
      }),
      Promise.resolve()
        .then(() => sandbox.confirm(intent))
        .catch(() => false),
    ])
    if (second.status === 201 && second.data.client_action) {
      sandbox.confirm(second.data.client_action.client_secret.split('_secret_')[0])
    }
    await settle()

    const shown = expectData(await api(client).get(`milestones/${milestone.id}`))
    assert.isTrue(shown.funded)
    assert.equal(shown.escrow.held, '1000.00')
    const captured = sandbox.charges.filter(
      (charge) => charge.status === 'succeeded' && charge.captured
    )
    const returned = sandbox.refunds.filter((refund) => refund.status === 'succeeded')
    assert.equal(captured.length - returned.length, 1)
    assert.deepEqual(await breaks(), [])
  })

  test('many deposits started together leave one that can be paid', async ({ assert }) => {
    const { client, milestone } = await activeProject()
    const wanted = { milestone_ids: [milestone.id], payment_provider: 'stripe' }
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => pay(client, 'payments/deposit', wanted))
    )
    for (const { status } of answers) assert.include([201, 202, 409], status)
    await settle()
    const payable = sandbox.paymentIntents.filter((intent) => intent.status !== 'canceled')
    assert.isAtMost(payable.length, 1)
    for (const intent of payable) sandbox.confirm(intent.id)
    await settle()
    const again =
      payable.length === 0 ? expectData(await pay(client, 'payments/deposit', wanted), 201) : null
    if (again) sandbox.confirm(again.client_action.client_secret.split('_secret_')[0])
    await settle()
    const shown = expectData(await api(client).get(`milestones/${milestone.id}`))
    assert.equal(shown.escrow.held, '1000.00')
    assert.deepEqual(await breaks(), [])
  })

  test('submitting and refunding without consent at the same moment leaves one outcome', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const [refund] = await Promise.all([
      pay(client, 'payments/refund', { milestone_id: milestone.id, reason: 'Not needed.' }),
      submit(freelancer, milestone).catch(() => undefined),
    ])
    expectData(refund, 201)
    await settle()
    const work = await db.from('submissions').where('milestone_id', milestone.id)
    assert.equal(refund.data.immediate, work.length === 0)
    assert.equal(sandbox.refunds.length, refund.data.immediate ? 1 : 0)
    assert.deepEqual(await breaks(), [])
  })
})
