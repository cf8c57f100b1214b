import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { Money } from '#ledger/money'
import { applyDeposit } from '#escrow/apply_deposit'
import { applyDispute } from '#escrow/chargebacks/apply_dispute'
import { clearDispute } from '#escrow/chargebacks/clear_dispute'
import { observeDispute } from '#escrow/chargebacks/observe_dispute'
import { syncDisputes } from '#escrow/chargebacks/sync_disputes'
import { ProviderFailure } from '#payments/provider'
import { stripe } from '#payments/stripe/index'
import { api, expectData, expectProblem } from '#tests/support/api'
import { settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import {
  activeProject,
  aDeposit,
  fundedMilestone,
  fundedProject,
  pay,
  payIn,
  submittedMilestone,
} from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import {
  chargebacks,
  debtOf,
  decided,
  disagreements,
  disputed,
  freshStart,
  lossOf,
  milestoneNow,
  payableOf,
  projectNow,
  releasedProject,
  releaseOf,
  toldTo,
} from './chargebacks.js'

const escrowOf = async (found: Awaited<ReturnType<typeof fundedProject>>, which = 0) =>
  held(accounts.escrow(found.milestones[which].id))

test.group('A chargeback', (group) => {
  group.each.setup(() => freshStart())

  test('takes the money from our balance at once, and freezes until the bank has decided', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    const dispute = await disputed()
    const [row] = await chargebacks()
    assert.equal(row.provider_dispute_id, dispute)
    assert.equal(await held(accounts.chargebackReceivable(row.id)), '1000.00')
    assert.equal(await held(accounts.disputeFee()), '15.00')
    assert.equal(await escrowOf(found), '1000.00')
    expectProblem(
      await pay(found.client, `milestones/${found.milestone.id}/approve`),
      409,
      'frozen'
    )
    const shown = await milestoneNow(found)
    assert.isTrue(shown.frozen)
    assert.isNull(shown.auto_approve_at)
    assert.equal((await projectNow(found)).status, 'disputed')
    assert.deepEqual(await disagreements(), [])

    await decided(dispute, 'won')
    assert.equal(await held(accounts.chargebackReceivable(row.id)), '0.00')
    const after = await milestoneNow(found)
    assert.isFalse(after.frozen)
    assert.isNotNull(after.auto_approve_at)
    assert.equal((await projectNow(found)).status, 'active')
    expectData(await pay(found.client, `milestones/${found.milestone.id}/approve`), 201)
    await settle()
    assert.equal(sandbox.transfers.length, 1)
    for (const user of [found.client, found.freelancer]) {
      assert.includeMembers(await toldTo(user), ['deposit.disputed', 'chargeback.won'])
    }
    assert.deepEqual(await disagreements(), [])
  })

  test('that is lost before the release takes what is held, and closes the milestone', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    await decided(await disputed(), 'lost')
    assert.equal(await escrowOf(found), '0.00')
    assert.equal(await debtOf(found), '0.00')
    assert.equal(await lossOf(), '0.00')
    const shown = await milestoneNow(found)
    assert.equal(shown.closed_reason, 'charged_back')
    assert.equal(shown.status, 'submitted')
    assert.equal(shown.escrow.charged_back, '1000.00')
    assert.equal((await projectNow(found)).status, 'completed')
    const totals = expectData(await api(found.client).get(`payments/escrow/${found.project.id}`))
    assert.equal(totals.total_charged_back, '1000.00')
    assert.equal(totals.balance, '0.00')
    const list = expectData(
      await api(found.client).get('payments/transactions?transaction_type=chargeback')
    )
    assert.deepEqual(
      list.map(({ amount, status }: any) => [amount, status]),
      [['1000.00', 'completed']]
    )
    assert.deepEqual(await disagreements(), [])
  })

  test('that arrives when all is lost already takes what is held in the same moment', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    await disputed({ status: 'lost' })
    assert.equal(await escrowOf(found), '0.00')
    assert.equal((await milestoneNow(found)).closed_reason, 'charged_back')
    assert.deepEqual(await disagreements(), [])
  })

  test('that is lost after the release takes from freelancer and fee what each of them got', async ({
    assert,
  }) => {
    const found = await releasedProject()
    const [first, fee] = [await debtOf(found), await held(accounts.platformFee())]
    assert.deepEqual([first, fee], ['0.00', '100.00'])
    await decided(await disputed(), 'lost')
    assert.equal(await debtOf(found), '900.00')
    assert.equal(await held(accounts.platformFee()), '0.00')
    assert.equal(await lossOf(), '0.00')
    assert.includeMembers(await toldTo(found.freelancer), ['chargeback.lost', 'debt.incurred'])
    assert.equal((await projectNow(found)).status, 'completed')
    assert.deepEqual(await disagreements(), [])
  })

  test('A chargeback two months after the release found no account to book it on', async ({
    assert,
  }) => {
    const found = await releasedProject()
    const ago = db.raw(`completed_at - interval '2 months'`)
    await db.from('transactions').update({ completed_at: ago })
    sandbox.advance(61 * 24 * 3_600_000)
    const dispute = await disputed()
    const [row] = await chargebacks()
    assert.equal(await held(accounts.chargebackReceivable(row.id)), '1000.00')
    assert.equal(await held(accounts.clearing('stripe')), '-944.30')
    await decided(dispute, 'lost')
    assert.equal(await held(accounts.chargebackReceivable(row.id)), '0.00')
    assert.equal(await debtOf(found), '900.00')
    const { rows } = await db.rawQuery(
      `SELECT status FROM inbox_events WHERE type LIKE 'charge.dispute%'`
    )
    assert.isNotEmpty(rows)
    assert.deepEqual(new Set(rows.map((event: any) => event.status)), new Set(['handled']))
    assert.deepEqual(await disagreements(), [])
  })

  test('after a partial release takes what is still held first', async ({ assert }) => {
    const found = await fundedProject()
    await releaseOf(found, 0, '333.33')
    await settle()
    await decided(await disputed({ amount: 80_000 }), 'lost')
    // 666.67 were held. Of the 133.33 that are missing, the fee bears 13.33, rounded up to the cent.
    assert.equal(await escrowOf(found), '0.00')
    assert.equal(await debtOf(found), '119.99')
    assert.equal(await held(accounts.platformFee()), '19.99')
    assert.equal(await lossOf(), '0.00')
    const shown = await milestoneNow(found)
    assert.equal(shown.closed_reason, 'charged_back')
    assert.equal(shown.status, 'approved')
    assert.deepEqual(await disagreements(), [])
  })

  test('takes from several milestones in their order, and leaves the rest alone', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['300.00', '200.00', '500.00'] })
    const dispute = await disputed({ amount: 40_000 })
    for (const which of [0, 1, 2]) assert.isTrue((await milestoneNow(found, which)).frozen)
    await decided(dispute, 'lost')
    assert.deepEqual(
      [await escrowOf(found, 0), await escrowOf(found, 1), await escrowOf(found, 2)],
      ['0.00', '100.00', '500.00']
    )
    assert.equal((await milestoneNow(found, 0)).closed_reason, 'charged_back')
    assert.isNull((await milestoneNow(found, 1)).closed_at)
    assert.isFalse((await milestoneNow(found, 1)).frozen)
    assert.equal((await projectNow(found)).status, 'active')
    await releaseOf(found, 1)
    await releaseOf(found, 2)
    await settle()
    assert.equal((await projectNow(found)).status, 'completed')
    assert.deepEqual(await disagreements(), [])
  })

  test('above the charge costs us what is above it', async ({ assert }) => {
    const found = await releasedProject()
    await decided(await disputed({ amount: 105_000 }), 'lost')
    assert.equal(await debtOf(found), '900.00')
    assert.equal(await lossOf(), '50.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('of what was refunded before costs us what was refunded', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['600.00', '400.00'] })
    const body = { milestone_id: found.milestones[1].id, reason: 'Not needed.' }
    expectData(await pay(found.client, 'payments/refund', body), 201)
    await releaseOf(found, 0)
    await settle()
    await decided(await disputed({ amount: 100_000 }), 'lost')
    assert.equal(await debtOf(found), '540.00')
    assert.equal(await lossOf(), '400.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('is one of several of the same payment: it is frozen until the last is decided, and they share what there is', async ({
    assert,
  }) => {
    const found = await fundedProject()
    await releaseOf(found, 0, '500.00')
    await settle()
    const first = await disputed({ amount: 60_000 })
    const second = await disputed({ amount: 60_000 })
    await decided(first, 'lost')
    assert.equal((await projectNow(found)).status, 'disputed')
    const body = { milestone_id: found.milestone.id }
    expectProblem(await pay(found.client, 'payments/release', body), 409, 'frozen')
    assert.equal(await debtOf(found), '90.00')
    await decided(second, 'lost')
    assert.equal(await debtOf(found), '450.00')
    assert.equal(await held(accounts.platformFee()), '0.00')
    assert.equal(await lossOf(), '200.00')
    assert.equal((await projectNow(found)).status, 'completed')
    assert.deepEqual(await disagreements(), [])
  })

  test('stays frozen while one of two is open', async ({ assert }) => {
    const found = await submittedMilestone()
    const first = await disputed({ amount: 10_000 })
    const second = await disputed({ amount: 10_000 })
    await decided(first, 'won')
    assert.isTrue((await milestoneNow(found)).frozen)
    await decided(second, 'won')
    assert.isFalse((await milestoneNow(found)).frozen)
    assert.isNotNull((await milestoneNow(found)).auto_approve_at)
    assert.deepEqual(await disagreements(), [])
  })

  test('that begins as an inquiry freezes without moving money, and thaws when that ends', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    const before = await held(accounts.clearing('stripe'))
    const dispute = await disputed({ status: 'warning_needs_response' })
    assert.isTrue((await milestoneNow(found)).frozen)
    assert.equal(await held(accounts.clearing('stripe')), before)
    assert.lengthOf(await db.from('transactions').where('transaction_type', 'chargeback'), 0)
    await decided(dispute, 'won')
    assert.isFalse((await milestoneNow(found)).frozen)
    const [row] = await chargebacks()
    assert.equal(row.state, 'closed')
    assert.isNotNull(row.closed_at)
    assert.include(await toldTo(found.client), 'chargeback.closed')
    assert.deepEqual(await disagreements(), [])
  })

  test('that an inquiry became takes the money then', async ({ assert }) => {
    const found = await submittedMilestone()
    const dispute = await disputed({ status: 'warning_needs_response' })
    sandbox.escalateInquiry(dispute)
    await settle()
    const [row] = await chargebacks()
    assert.equal(await held(accounts.chargebackReceivable(row.id)), '1000.00')
    await decided(dispute, 'lost')
    assert.equal(await escrowOf(found), '0.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('that is lost and then won gives back what was held, to a project that had ended meanwhile', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    const dispute = await disputed()
    await decided(dispute, 'lost')
    assert.equal((await projectNow(found)).status, 'completed')
    await decided(dispute, 'won')
    assert.equal(await escrowOf(found), '1000.00')
    const shown = await milestoneNow(found)
    assert.isNull(shown.closed_at)
    assert.isFalse(shown.frozen)
    assert.isNotNull(shown.auto_approve_at)
    assert.equal(shown.escrow.charged_back, '0.00')
    assert.equal((await projectNow(found)).status, 'active')
    expectData(await pay(found.client, `milestones/${found.milestone.id}/approve`), 201)
    await settle()
    assert.equal((await projectNow(found)).status, 'completed')
    assert.equal(sandbox.transfers[0].amount, 90_000)
    assert.deepEqual(await disagreements(), [])
  })

  test('that is lost and then won ends the debt, and pays out again what was recovered of it', async ({
    assert,
  }) => {
    const found = await releasedProject()
    const dispute = await disputed()
    await decided(dispute, 'lost')
    const next = await fundedProject({ ...found, amounts: ['500.00'], payable: false })
    await releaseOf(next, 0)
    await settle()
    assert.equal(await debtOf(found), '450.00')
    assert.equal(sandbox.transfers.length, 1)

    await decided(dispute, 'won')
    assert.equal(await debtOf(found), '0.00')
    assert.equal(await payableOf(found), '0.00')
    assert.equal(await held(accounts.platformFee()), '150.00')
    assert.deepEqual(
      sandbox.transfers.map(({ amount, source_transaction: charge }) => [amount, charge !== null]),
      [
        [90_000, true],
        [45_000, false],
      ]
    )
    const payouts = expectData(await api(found.freelancer).get('payments/payouts'))
    const [row] = await chargebacks()
    assert.deepEqual(
      payouts.map((one: any) => [one.amount, one.chargeback_id, one.state]),
      [
        ['450.00', row.id, 'paid'],
        ['900.00', null, 'paid'],
      ]
    )
    assert.deepEqual(await disagreements(), [])
  })

  test('can go back and forth: lost, won, lost', async ({ assert }) => {
    const found = await releasedProject()
    const dispute = await disputed()
    for (const outcome of ['lost', 'won', 'lost'] as const) await decided(dispute, outcome)
    assert.equal(await debtOf(found), '900.00')
    assert.equal(await held(accounts.disputeFee()), '15.00')
    assert.lengthOf(await db.from('transactions').where('transaction_type', 'chargeback'), 2)
    await decided(dispute, 'won')
    assert.equal(await debtOf(found), '0.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('that is won and then lost takes the money after all', async ({ assert }) => {
    const found = await submittedMilestone()
    const dispute = await disputed()
    await decided(dispute, 'won')
    expectData(await pay(found.client, `milestones/${found.milestone.id}/approve`), 201)
    await settle()
    await decided(dispute, 'lost')
    assert.equal(await debtOf(found), '900.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('withdraws a refund request for what is gone', async ({ assert }) => {
    const found = await submittedMilestone()
    const body = { milestone_id: found.milestone.id, reason: 'Too late.' }
    expectData(await pay(found.client, 'payments/refund', body), 201)
    await decided(await disputed(), 'lost')
    const [request] = expectData(await api(found.client).get('payments/refunds'))
    assert.equal(request.status, 'withdrawn')
    expectProblem(
      await pay(found.freelancer, `payments/refunds/${request.id}/accept`),
      409,
      'wrong_state'
    )
  })

  test('ends a refund that waited for it, because its payer has the money from the bank', async ({
    assert,
  }) => {
    const found = await fundedMilestone()
    const body = { milestone_id: found.milestone.id, reason: 'Not needed.' }
    expectData(await pay(found.client, 'payments/refund', body), 201)
    const dispute = sandbox.openDispute(sandbox.charges[0].id)
    await settle()
    await decided(dispute, 'lost')
    assert.equal(await lossOf(), '0.00')
    assert.equal(await held(accounts.refundPayable(found.client.id)), '0.00')
    const [refund] = await db.from('transactions').where('transaction_type', 'refund')
    assert.deepEqual([refund.status, refund.failure_code], ['failed', 'charged_back'])
    assert.equal(sandbox.refunds.length, 0)
    assert.deepEqual(await disagreements(), [])
  })

  test('has a refund wait that would pay its payer twice, and lets it go when it is won', async ({
    assert,
  }) => {
    const found = await fundedMilestone()
    const dispute = sandbox.openDispute(sandbox.charges[0].id)
    const body = { milestone_id: found.milestone.id, reason: 'Not needed.' }
    // Asked for before we hear of the dispute.
    expectData(await pay(found.client, 'payments/refund', body), 201)
    await settle()
    assert.equal(sandbox.refunds.length, 0)
    await decided(dispute, 'won')
    assert.deepEqual(
      sandbox.refunds.map(({ amount, status }) => [amount, status]),
      [[100_000, 'succeeded']]
    )
    assert.deepEqual(await disagreements(), [])
  })

  test('lost before a refund that was on its way has failed is not paid twice either', async ({
    assert,
  }) => {
    const found = await activeProject()
    const deposit = await aDeposit(found.client, found.milestones)
    sandbox.confirm(deposit.provider_transaction_id, { card: 'pm_card_pendingRefund' })
    await settle()
    const body = { milestone_id: found.milestone.id, reason: 'Not needed.' }
    expectData(await pay(found.client, 'payments/refund', body), 201)
    await settle()
    await decided(await disputed(), 'lost')
    assert.equal(await lossOf(), '1000.00')
    sandbox.failRefund(sandbox.refunds[0].id)
    await settle()
    assert.equal(await lossOf(), '0.00')
    assert.equal(await held(accounts.refundPayable(found.client.id)), '0.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('of a payment that was sent back is ours to bear', async ({ assert }) => {
    const found = await fundedMilestone()
    const body = { milestone_id: found.milestone.id, reason: 'Not needed.' }
    expectData(await pay(found.client, 'payments/refund', body), 201)
    await settle()
    await decided(await disputed(), 'lost')
    assert.equal(await lossOf(), '1000.00')
    assert.equal(await debtOf(found), '0.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('of a charge that is none of ours is nothing to us', async ({ assert }) => {
    const found = await fundedMilestone()
    const observed = await stripe.getDispute(
      sandbox.openDispute(sandbox.charges[0].id, { status: 'warning_needs_response' })
    )
    assert.isFalse(await applyDispute(stripe, { ...observed, chargeId: 'ch_somebodyelses' }))
    assert.lengthOf(await chargebacks(), 0)
    assert.isFalse((await milestoneNow(found)).frozen)
  })
})

test.group('News of a chargeback', (group) => {
  group.each.setup(() => freshStart())

  test('in any order and any number of times has one effect', async ({ assert }) => {
    for (const shuffle of [1, 2, 3]) {
      const found = await releasedProject(['600.00', '400.00'])
      sandbox.webhookMode({ paused: true })
      const dispute = sandbox.openDispute(sandbox.charges[0].id)
      sandbox.closeDispute(dispute, 'lost')
      sandbox.closeDispute(dispute, 'won')
      sandbox.closeDispute(dispute, 'lost')
      sandbox.webhookMode({ shuffle, duplicate: 2 })
      await settle()
      assert.equal(await debtOf(found), '900.00')
      assert.lengthOf(await chargebacks(), 1)
      const { rows } = await db.rawQuery(
        `SELECT count(*)::int AS lost FROM notifications WHERE kind = 'chargeback.lost' AND user_id = ?`,
        [found.client.id]
      )
      assert.equal(rows[0].lost, 1)
      assert.deepEqual(await disagreements(), [])
      await freshStart()
    }
  })

  test('seen at every stage, each more than once and the last before the first, ends in the same books', async ({
    assert,
  }) => {
    const found = await releasedProject()
    sandbox.webhookMode({ paused: true })
    const dispute = sandbox.openDispute(sandbox.charges[0].id)
    const stages = [await stripe.getDispute(dispute)]
    for (const outcome of ['lost', 'won', 'lost'] as const) {
      sandbox.closeDispute(dispute, outcome)
      stages.push(await stripe.getDispute(dispute))
    }
    for (const which of [1, 0, 3, 2, 1, 3, 0]) await applyDispute(stripe, stages[which])
    assert.equal(await debtOf(found), '900.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('freezes although one of both, the dispute or its payment, is not shown', async ({
    assert,
  }) => {
    const gone = async () => {
      throw new ProviderFailure('unknown', 'not_shown', 'It is too old.')
    }
    const { getDepositByCharge, getDispute } = stripe
    for (const missing of ['getDepositByCharge', 'getDispute'] as const) {
      const found = await submittedMilestone()
      stripe[missing] = gone
      try {
        sandbox.openDispute(sandbox.charges[0].id)
        await settle({ mayFail: true })
      } finally {
        Object.assign(stripe, { getDepositByCharge, getDispute })
      }
      assert.isTrue((await milestoneNow(found)).frozen, missing)
      assert.lengthOf(await chargebacks(), missing === 'getDispute' ? 0 : 1)
      await freshStart()
    }
  })

  test('that was overtaken while it was fetched is asked for again', async ({ assert }) => {
    const found = await releasedProject()
    sandbox.webhookMode({ paused: true })
    const dispute = sandbox.openDispute(sandbox.charges[0].id)
    const old = await stripe.getDispute(dispute)
    let asked = 0
    const ours = await observeDispute(stripe, async () => {
      if (asked++ > 0) return stripe.getDispute(dispute)
      sandbox.closeDispute(dispute, 'lost')
      await observeDispute(stripe, () => stripe.getDispute(dispute))
      return old
    })
    assert.isTrue(ours)
    assert.equal(asked, 2)
    assert.equal(await debtOf(found), '900.00')
    const [row] = await chargebacks()
    assert.equal(row.state, 'lost')
  })

  test('that comes before its payment was booked books that first', async ({ assert }) => {
    const found = await activeProject()
    const deposit = await aDeposit(found.client, found.milestones)
    sandbox.webhookMode({ paused: true, drop: ['payment_intent.succeeded', 'charge.succeeded'] })
    payIn(deposit)
    sandbox.openDispute(sandbox.charges[0].id)
    sandbox.webhookMode({})
    await settle()
    const shown = await milestoneNow(found)
    assert.isTrue(shown.funded)
    assert.isTrue(shown.frozen)
    const [row] = await chargebacks()
    assert.equal(await held(accounts.chargebackReceivable(row.id)), '1000.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('that never came is found by looking, and a signal of the charge alone freezes until then', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    sandbox.webhookMode({ paused: true })
    sandbox.openDispute(sandbox.charges[0].id)
    sandbox.webhookMode({ drop: sandbox.events.map(({ type }) => type) })
    await sandbox.flushWebhooks()
    const charge = sandbox.charges[0].id
    await applyDeposit(stripe, await stripe.getDepositByCharge(charge))
    assert.lengthOf(await chargebacks(), 0)
    assert.isTrue((await milestoneNow(found)).frozen)
    assert.equal((await projectNow(found)).status, 'disputed')

    assert.equal(await syncDisputes(), 1)
    const [row] = await chargebacks()
    assert.equal(await held(accounts.chargebackReceivable(row.id)), '1000.00')
    const told = (await toldTo(found.client)).filter((kind) => kind === 'deposit.disputed')
    assert.lengthOf(told, 1)
    sandbox.closeDispute(row.provider_dispute_id, 'won')
    await sandbox.flushWebhooks()
    await syncDisputes()
    assert.isFalse((await milestoneNow(found)).frozen)
    // The charge says "disputed" for ever; that is no news any more.
    await applyDeposit(stripe, await stripe.getDepositByCharge(charge))
    assert.isFalse((await milestoneNow(found)).frozen)
    assert.deepEqual(await disagreements(), [])
  })

  test('of a charge alone is cleared by a person, and by a dispute that comes after all is not', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    sandbox.webhookMode({ paused: true })
    const charge = sandbox.charges[0].id
    const clear = () => clearDispute(depositId, { by: 'finance', reason: 'Cancelled reversal.' })
    const { id: depositId } = await db
      .from('transactions')
      .where('transaction_type', 'deposit')
      .firstOrFail()
    await assert.rejects(clear, /no dispute of it is waited for/)
    const observed = { ...(await stripe.getDepositByCharge(charge)), disputed: true }
    await applyDeposit(stripe, observed)
    await db.from('deposits').update({ charge_disputed_at: db.raw(`now() - interval '2 days'`) })
    assert.isTrue((await milestoneNow(found)).frozen)
    await clear()
    const shown = await milestoneNow(found)
    assert.isFalse(shown.frozen)
    assert.isNotNull(shown.auto_approve_at)
    assert.equal((await projectNow(found)).status, 'active')
    assert.lengthOf(await db.from('activity').where('action', 'deposit.dispute_cleared'), 1)
    // The provider goes on saying so.
    await applyDeposit(stripe, observed)
    assert.isFalse((await milestoneNow(found)).frozen)
    await assert.rejects(clear, /no dispute of it is waited for/)

    sandbox.openDispute(charge)
    await syncDisputes()
    assert.isTrue((await milestoneNow(found)).frozen)
    assert.deepEqual(await breaks(), [])
  })

  test('of two disputes that call what they took the same is booked for each', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    sandbox.webhookMode({ paused: true })
    const charge = sandbox.charges[0].id
    const [amount, fee] = [Money.parse('100.00', 'USD'), Money.parse('15.00', 'USD')]
    const same = { id: 'same', kind: 'withdrawn' as const, amount, fee, at: new Date() }
    for (let time = 0; time < 2; time++) {
      const observed = await stripe.getDispute(sandbox.openDispute(charge, { amount: 10_000 }))
      await applyDispute(stripe, { ...observed, state: 'lost', movements: [same] })
    }
    assert.equal(await escrowOf(found), '800.00')
    assert.equal(await held(accounts.disputeFee()), '30.00')
    assert.deepEqual(await breaks(), [])
  })

  test('that cannot be read holds up no other, and the job that looks fails', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    sandbox.webhookMode({ paused: true })
    const charge = sandbox.charges[0].id
    const known = await stripe.getDispute(sandbox.openDispute(charge, { amount: 10_000 }))
    await applyDispute(stripe, known)
    sandbox.closeDispute(known.id, 'won')
    const { listDisputes } = stripe
    stripe.listDisputes = async function* () {
      throw new ProviderFailure('unknown', 'malformed_answer', 'Not a dispute.')
    }
    try {
      await assert.rejects(() => syncDisputes(), /1 looks at disputes failed/)
    } finally {
      stripe.listDisputes = listDisputes
    }
    const [row] = await chargebacks()
    assert.equal(row.state, 'won')
    assert.isFalse((await milestoneNow(found)).frozen)
  })

  test('in another currency is booked as unexplained, and freezes until a person has looked', async ({
    assert,
  }) => {
    const found = await submittedMilestone()
    sandbox.webhookMode({ paused: true })
    const observed = await stripe.getDispute(
      sandbox.openDispute(sandbox.charges[0].id, { status: 'warning_needs_response' })
    )
    const amount = Money.parse('900.00', 'EUR')
    const fee = Money.parse('10.00', 'EUR')
    const foreign = {
      ...observed,
      amount,
      state: 'lost' as const,
      movements: [{ id: 'txn_foreign', kind: 'withdrawn' as const, amount, fee, at: new Date() }],
    }
    for (let time = 0; time < 2; time++) assert.isTrue(await applyDispute(stripe, foreign))
    assert.equal(await held(accounts.suspense(), 'EUR'), '-910.00')
    assert.equal(await held(accounts.clearing('stripe'), 'EUR'), '-910.00')
    assert.equal(await escrowOf(found), '1000.00')
    assert.isTrue((await milestoneNow(found)).frozen)
    const back = { ...foreign.movements[0], id: 'txn_back', kind: 'reinstated' as const }
    await applyDispute(stripe, {
      ...foreign,
      state: 'won',
      movements: [...foreign.movements, back],
    })
    assert.equal(await held(accounts.suspense(), 'EUR'), '0.00')
    assert.isFalse((await milestoneNow(found)).frozen)
    assert.deepEqual(await breaks(), [])
  })

  test('of a fee alone, of a part that came back and of a fee that came back books just that', async ({
    assert,
  }) => {
    const found = await releasedProject()
    sandbox.webhookMode({ paused: true })
    const observed = await stripe.getDispute(
      sandbox.openDispute(sandbox.charges[0].id, { status: 'warning_needs_response' })
    )
    const usd = (text: string) => Money.parse(text, 'USD')
    const at = new Date()
    const movements = [
      { id: 'm1', kind: 'withdrawn' as const, amount: usd('1000.00'), fee: usd('15.00'), at },
      { id: 'm2', kind: 'withdrawn' as const, amount: usd('0'), fee: usd('20.00'), at },
      { id: 'm3', kind: 'reinstated' as const, amount: usd('400.00'), fee: usd('0'), at },
      { id: 'm4', kind: 'reinstated' as const, amount: usd('0'), fee: usd('20.00'), at },
    ]
    const lost = { ...observed, amount: usd('1000.00'), state: 'lost' as const }
    await applyDispute(stripe, { ...lost, movements: movements.slice(0, 2) })
    assert.equal(await held(accounts.disputeFee()), '35.00')
    assert.equal(await debtOf(found), '900.00')
    await applyDispute(stripe, { ...lost, movements })
    assert.equal(await held(accounts.disputeFee()), '15.00')
    assert.equal(await debtOf(found), '540.00')
    assert.equal(await held(accounts.platformFee()), '40.00')
    const [row] = await chargebacks()
    assert.isNotNull(row.closed_at)
    assert.deepEqual(await breaks(), [])
  })

  test('that it is lost, before what it took is listed, lets nothing go', async ({ assert }) => {
    const found = await fundedProject()
    sandbox.webhookMode({ paused: true })
    const dispute = sandbox.openDispute(sandbox.charges[0].id)
    sandbox.closeDispute(dispute, 'lost')
    const whole = await stripe.getDispute(dispute)
    for (let time = 0; time < 2; time++) await applyDispute(stripe, { ...whole, movements: [] })
    const [early] = await chargebacks()
    assert.isNull(early.closed_at)
    assert.isTrue((await milestoneNow(found)).frozen)
    const body = { milestone_id: found.milestone.id }
    expectProblem(await pay(found.client, 'payments/release', body), 409, 'frozen')
    assert.deepEqual(await breaks(), [])

    await applyDispute(stripe, whole)
    const [row] = await chargebacks()
    assert.isNotNull(row.closed_at)
    assert.equal(await escrowOf(found), '0.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('of an appeal leaves a loss where it is until that is decided', async ({ assert }) => {
    const found = await releasedProject()
    const dispute = await disputed()
    await decided(dispute, 'lost')
    const lost = await stripe.getDispute(dispute)
    await applyDispute(stripe, { ...lost, state: 'under_review', status: 'appeal_under_review' })
    assert.equal(await debtOf(found), '900.00')
    const [row] = await chargebacks()
    assert.isNull(row.closed_at)
    assert.deepEqual(await disagreements(), [])
  })

  test('and an approval at the same moment: one of them comes first, and the books are whole', async ({
    assert,
  }) => {
    for (let round = 0; round < 4; round++) {
      const found = await submittedMilestone()
      sandbox.webhookMode({ paused: true })
      const dispute = sandbox.openDispute(sandbox.charges[0].id)
      if (round % 2 === 1) sandbox.closeDispute(dispute, 'lost')
      const [answer] = await Promise.all([
        pay(found.client, `milestones/${found.milestone.id}/approve`),
        observeDispute(stripe, () => stripe.getDispute(dispute)),
        observeDispute(stripe, () => stripe.getDispute(dispute)),
      ])
      assert.include([201, 409], answer.status)
      sandbox.webhookMode({})
      await settle()
      await decided(dispute, 'lost')
      const released = answer.status === 201
      assert.equal(await lossOf(), '0.00')
      assert.equal(await escrowOf(found), '0.00')
      // Nothing was sent, or what was released was set off before it could be.
      const owed = released && sandbox.transfers.length > 0 ? '900.00' : '0.00'
      assert.equal(await debtOf(found), owed)
      assert.deepEqual(await disagreements(), [])
      await freshStart()
    }
  })
})
