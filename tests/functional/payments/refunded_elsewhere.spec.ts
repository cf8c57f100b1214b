import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { refundAdoption } from '#escrow/adopt_refund'
import { providerFor } from '#payments/registry'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import { fundedProject, pay } from '#tests/support/projects'
import { clearingDifference } from '#tests/support/rails'
import { agreed } from '#tests/support/two_people'

const usd = (amount: string) => Money.parse(amount, 'USD')

/** A funded project of two milestones, of whose deposit somebody refunds a part at the provider. */
async function refundedThere(provider: 'stripe' | 'paypal', amount: string, isDisputed = false) {
  const before = await clearingDifference(provider)
  const found = await fundedProject({ provider, amounts: ['600.00', '400.00'] })
  if (isDisputed) {
    const path = `milestones/${found.milestones[1].id}/disputes`
    expectData(await api(found.client).post(path, { reason: 'It is not what we agreed on.' }), 201)
  }
  const [{ charge_id: chargeId }] = await db.from('deposits')
  const refund = await providerFor(provider).refund({
    key: randomUUID(),
    // As good as none: it is no transaction of ours.
    transactionId: randomUUID(),
    chargeId,
    amount: usd(amount),
    reason: 'requested_by_customer',
  })
  await settle()
  return { ...found, refund, before }
}

test.group('Money that went back past us', (group) => {
  group.each.setup(() => resetAll())

  for (const provider of ['stripe', 'paypal'] as const) {
    test(`${provider}: a refund made in the dashboard freezes its deposit, so that nobody is paid with what is gone`, async ({
      assert,
    }) => {
      const { client, milestones, refund, before } = await refundedThere(provider, '400.00')
      for (const { id } of milestones) {
        const refused = await pay(client, 'payments/release', { milestone_id: id })
        assert.match(expectProblem(refused, 409, 'frozen').detail, /refunded past us/)
      }
      assert.deepEqual(await breaks(), [])
      assert.notEqual(await clearingDifference(provider), before, 'our books lack it')

      const [first, second] = milestones
      const adopt = (milestoneId: string) =>
        agreed(refundAdoption, milestoneId, { rail: provider, refund_id: refund.id })
      const { id } = await adopt(second.id)
      const adopted = await db.from('refund_adoptions').firstOrFail()
      assert.equal(adopted.approval_id, id)
      const { status } = await db.from('transactions').where('id', adopted.transaction_id).first()
      assert.equal(status, 'completed')
      await assert.rejects(() => adopt(first.id), /is our refund/)
      await settle()
      assert.equal(await held(accounts.escrow(second.id)), '0.00')
      assert.equal(await held(accounts.escrow(first.id)), '600.00')
      assert.equal(await clearingDifference(provider), before)
      const closed = expectData(await api(client).get(`milestones/${second.id}`))
      assert.equal(closed.closed_reason, 'refunded')
      expectData(await pay(client, 'payments/release', { milestone_id: first.id }), 201)
      await settle()
      assert.deepEqual(await breaks(), [])
    })
  }

  test('a dispute ends when the refund that is adopted leaves nothing to divide', async ({
    assert,
  }) => {
    const { client, milestones, project, refund } = await refundedThere('stripe', '400.00', true)
    await agreed(refundAdoption, milestones[1].id, { rail: 'stripe', refund_id: refund.id })
    await settle()
    const { status } = await db.from('disputes').firstOrFail()
    assert.equal(status, 'withdrawn')
    assert.equal(expectData(await api(client).get(`projects/${project.id}`)).status, 'active')
    assert.deepEqual(await breaks(), [])
  })

  test('our own refunds freeze nothing, in part and whole, late news and early', async ({
    assert,
  }) => {
    const { client, milestones } = await fundedProject({ amounts: ['600.00', '400.00'] })
    const take = (milestone: string, amount?: string) =>
      pay(client, 'payments/refund', { milestone_id: milestone, amount, reason: 'Not needed.' })
    expectData(await take(milestones[0].id, '100.00'), 201)
    await settle()
    expectData(await take(milestones[1].id), 201)
    await settle()
    const [deposit] = await db.from('deposits')
    assert.equal(deposit.refunded_elsewhere, 0n)
    expectData(await pay(client, 'payments/release', { milestone_id: milestones[0].id }), 201)
    await settle()
    assert.deepEqual(await breaks(), [])
  })

  test('more than went back past us, or than a milestone holds, is not adopted', async ({
    assert,
  }) => {
    const { milestones, refund } = await refundedThere('stripe', '500.00')
    const adopt = (refundId: string, milestoneId: string) =>
      agreed(refundAdoption, milestoneId, { rail: 'stripe', refund_id: refundId })
    await assert.rejects(() => adopt(refund.id, milestones[1].id), /holds 400.00 USD only/)
    await assert.rejects(
      () => db.from('deposits').update({ refunded_elsewhere: 100 }),
      /No second person has approved/
    )
    await db.transaction(async (trx) => {
      await trx.rawQuery('SET LOCAL session_replication_role = replica')
      await trx.from('deposits').update({ refunded_elsewhere: 100 })
    })
    await assert.rejects(() => adopt(refund.id, milestones[0].id), /is about 500.00 USD/)
  })
})
