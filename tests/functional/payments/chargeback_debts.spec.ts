import { test } from '@japa/runner'
import ace from '@adonisjs/core/services/ace'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { clawBack, settleClawBacks } from '#escrow/chargebacks/claw_back'
import { applyDispute } from '#escrow/chargebacks/apply_dispute'
import { debtWriteOff } from '#escrow/chargebacks/write_off_debt'
import { stripe } from '#payments/stripe/index'
import { Money } from '#ledger/money'
import { api, expectData } from '#tests/support/api'
import { settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import { OPERATOR } from '#tests/support/operator'
import { aPayoutAccount, fundedProject, pay, type Case } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { agreed, approvedAfter, member } from '#tests/support/two_people'
import {
  chargebacks,
  debtOf,
  decided,
  disagreements,
  disputed,
  freshStart,
  lossOf,
  payableOf,
  releasedProject,
  releaseOf,
  toldTo,
} from './chargebacks.js'

/** A payment that was released, paid out, and taken back by its payer's bank. */
async function indebted(amounts = ['1000.00']): Promise<Case & { dispute: string; id: string }> {
  const found = await releasedProject(amounts)
  const dispute = await disputed()
  await decided(dispute, 'lost')
  const [{ id }] = await chargebacks()
  return { ...found, dispute, id }
}

/** A further project of the same people. */
const another = (found: Case, amounts: string[]) =>
  fundedProject({ client: found.client, freelancer: found.freelancer, amounts, payable: false })

const payoutsOf = async ({ freelancer }: Case) =>
  expectData(await api(freelancer).get('payments/payouts'))

test.group('A debt', (group) => {
  group.each.setup(() => freshStart())

  test('is set off at the next release, at once, and the payout is for the rest', async ({
    assert,
  }) => {
    const found = await indebted(['100.00'])
    assert.equal(await debtOf(found), '90.00')
    const next = await another(found, ['300.00'])
    const release = await releaseOf(next, 0)
    assert.equal(release.net, '270.00')
    assert.equal(release.debt_offset, '90.00')
    assert.equal(await debtOf(found), '0.00')
    await settle()
    assert.equal(sandbox.transfers[1].amount, 18_000)
    const [payout] = await payoutsOf(found)
    assert.deepEqual([payout.amount, payout.debt_offset], ['180.00', '90.00'])
    assert.include(await toldTo(found.freelancer), 'debt.offset')
    assert.deepEqual(await disagreements(), [])
  })

  test('that is more than a release leaves no payout of it', async ({ assert }) => {
    const found = await indebted()
    const next = await another(found, ['300.00'])
    const release = await releaseOf(next, 0)
    assert.isNull(release.payout)
    assert.equal(release.debt_offset, '270.00')
    assert.equal(await debtOf(found), '630.00')
    await settle()
    assert.equal(sandbox.transfers.length, 1)
    assert.deepEqual(await disagreements(), [])
  })

  test('is set off against payouts that still wait, the oldest first', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['100.00'], payable: false })
    await releaseOf(found, 0)
    const next = await another(found, ['50.00', '200.00'])
    await releaseOf(next, 0)
    await releaseOf(next, 1)
    await settle()
    await decided(await disputed({ amount: 10_000 }, 1), 'lost')
    // 90.00 of the first payout, though it is another payment's: a debt is the freelancer's.
    const waiting = await payoutsOf(found)
    assert.equal(await debtOf(found), '0.00')
    assert.deepEqual(
      waiting.map((one: any) => [one.amount, one.state, one.debt_offset]),
      [
        ['180.00', 'waiting', '0.00'],
        ['45.00', 'waiting', '0.00'],
        ['90.00', 'cancelled', '90.00'],
      ]
    )
    assert.equal(waiting[2].failure.code, 'debt_offset')
    await aPayoutAccount(found.freelancer)
    await settle()
    assert.deepEqual(sandbox.transfers.map(({ amount }) => amount).sort(), [18_000, 4500].sort())
    assert.equal(await payableOf(found), '0.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('reduces a payout that waits and is worth more', async ({ assert }) => {
    const found = await fundedProject({ amounts: ['400.00', '600.00'], payable: false })
    await releaseOf(found, 0)
    await releaseOf(found, 1)
    await decided(await disputed({ amount: 50_000 }), 'lost')
    assert.deepEqual(
      (await payoutsOf(found)).map((one: any) => [one.amount, one.state, one.debt_offset]),
      [
        ['450.00', 'waiting', '90.00'],
        ['360.00', 'cancelled', '360.00'],
      ]
    )
    await aPayoutAccount(found.freelancer)
    await settle()
    assert.deepEqual(
      sandbox.transfers.map(({ amount }) => amount),
      [45_000]
    )
    assert.deepEqual(await disagreements(), [])
  })

  test('lets a payout that is on its way arrive, and takes it when that fails', async ({
    assert,
  }) => {
    const found = await fundedProject()
    sandbox.failNext('POST /v1/transfers', { at: 'before', with: 500, times: 1 })
    await releaseOf(found, 0)
    await settle({ mayFail: true })
    const [payout] = await db.from('payouts')
    assert.equal(payout.state, 'in_transit')
    await decided(await disputed(), 'lost')
    assert.equal(await debtOf(found), '900.00')
    assert.equal(await payableOf(found), '0.00')
    assert.deepEqual(await disagreements(), [])

    // The provider refuses it after all: what is payable again is owed to us.
    sandbox.restrictAccount(sandbox.accounts[0].id)
    await settle({ mayFail: true, retryNow: true })
    assert.equal(sandbox.transfers.length, 0)
    assert.equal(await debtOf(found), '0.00')
    const [shown] = await payoutsOf(found)
    assert.deepEqual([shown.state, shown.debt_offset], ['cancelled', '900.00'])
    assert.deepEqual(await disagreements(), [])
  })

  test('is settled by a payout that comes back', async ({ assert }) => {
    const found = await indebted()
    sandbox.reverseTransfer(sandbox.transfers[0].id, 40_000)
    await settle()
    assert.equal(await debtOf(found), '500.00')
    assert.equal(await payableOf(found), '0.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('and a release at the same moment find each other', async ({ assert }) => {
    for (let round = 0; round < 4; round++) {
      const found = await releasedProject()
      const next = await another(found, ['500.00', '300.00'])
      sandbox.webhookMode({ paused: true })
      const dispute = sandbox.openDispute(sandbox.charges[0].id)
      sandbox.closeDispute(dispute, 'lost')
      sandbox.webhookMode({})
      await Promise.all([
        settle(),
        ...[0, 1].map((which) =>
          pay(found.client, 'payments/release', { milestone_id: next.milestones[which].id })
        ),
      ])
      await settle()
      const { rows } = await db.rawQuery(
        `SELECT coalesce(sum(amount), 0)::bigint AS paid FROM transactions
          WHERE transaction_type = 'payout' AND status = 'completed'`
      )
      // 1,620.00 were released in all, and 900.00 taken back: whatever was sent beyond the rest is owed.
      const owed = 100n * 9n * 100n + BigInt(rows[0].paid) - 162_000n
      assert.equal(await debtOf(found), Money.of(owed, 'USD').toDecimal(), `round ${round}`)
      assert.deepEqual(await disagreements(), [])
      await freshStart()
    }
  })

  test('is clawed back from the balance of the connected account, and the webhook books it no second time', async ({
    assert,
  }) => {
    const found = await indebted(['400.00', '600.00'])
    const rows = await clawBack(found.id, {}, OPERATOR)
    assert.deepEqual(
      rows.map(({ amount, state }) => [amount, state]),
      [
        [36_000n, 'succeeded'],
        [54_000n, 'succeeded'],
      ]
    )
    await settle()
    assert.equal(await debtOf(found), '0.00')
    assert.equal(await payableOf(found), '0.00')
    assert.deepEqual(
      sandbox.transfers.map(({ amount_reversed: back }) => back),
      [36_000, 54_000]
    )
    await assert.rejects(() => clawBack(found.id, {}, OPERATOR), /Nothing is owed/)
    assert.deepEqual(await disagreements(), [])
  })

  test('whose claw-back loses its answer is not clawed back twice', async ({ assert }) => {
    const found = await indebted()
    sandbox.failNext('POST /v1/transfers/{id}/reversals', { at: 'after', with: 500 })
    const [first] = await clawBack(found.id, { amount: '500.00' }, OPERATOR)
    assert.equal(first.state, 'pending')
    const [again] = await clawBack(found.id, { amount: '500.00' }, OPERATOR)
    assert.equal(again.id, first.id)
    assert.equal(again.state, 'succeeded')
    await settleClawBacks()
    await settle()
    assert.equal(sandbox.transfers[0].amount_reversed, 50_000)
    assert.equal(await debtOf(found), '400.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('that was settled while it was clawed back is paid back', async ({ assert }) => {
    const found = await indebted()
    sandbox.failNext('POST /v1/transfers/{id}/reversals', { at: 'before', with: 'reset' })
    await clawBack(found.id, {}, OPERATOR)
    const next = await another(found, ['1000.00'])
    await releaseOf(next, 0)
    await settle()
    assert.equal(await debtOf(found), '0.00')
    await settleClawBacks()
    await settle()
    assert.equal(await payableOf(found), '0.00')
    assert.deepEqual(
      sandbox.transfers.map(({ amount, amount_reversed: back }) => [amount, back]),
      [
        [90_000, 90_000],
        [90_000, 0],
      ]
    )
    assert.deepEqual(await disagreements(), [])
  })

  test('cannot be clawed back from an account that is empty, and stays', async ({ assert }) => {
    const found = await indebted()
    sandbox.payAutomatically(sandbox.accounts[0].id)
    await settle()
    const [row] = await clawBack(found.id, {}, OPERATOR)
    assert.equal(row.state, 'failed')
    assert.match(row.failureMessage, /insufficient funds/)
    assert.equal(await debtOf(found), '900.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('is not clawed back where the rail takes nothing back', async ({ assert }) => {
    const found = await indebted()
    const { reversePayout } = stripe
    stripe.reversePayout = async () => undefined
    try {
      const [row] = await clawBack(found.id, {}, OPERATOR)
      assert.deepEqual([row.state, row.failureCode], ['failed', 'not_supported'])
    } finally {
      stripe.reversePayout = reversePayout
    }
    assert.equal(await debtOf(found), '900.00')
  })

  test('is written off by two people with a reason, in parts and never more than is owed', async ({
    assert,
  }) => {
    const found = await indebted()
    await agreed(debtWriteOff, found.id, { amount: '300.00' }, 'Left the country.')
    assert.equal(await debtOf(found), '600.00')
    assert.equal(await lossOf(), '300.00')
    await assert.rejects(
      () => agreed(debtWriteOff, found.id, { amount: '600.01' }),
      /Only 600.00 USD is owed/
    )
    await agreed(debtWriteOff, found.id, {})
    assert.equal(await debtOf(found), '0.00')
    assert.include(await toldTo(found.freelancer), 'debt.written_off')
    assert.deepEqual(await disagreements(), [])
  })

  test('of a chargeback that is won after all: what was recovered is paid back, what was written off is our loss no more', async ({
    assert,
  }) => {
    const found = await indebted()
    const next = await another(found, ['200.00'])
    await releaseOf(next, 0)
    await clawBack(found.id, { amount: '100.00' }, OPERATOR)
    await agreed(debtWriteOff, found.id, { amount: '320.00' })
    assert.equal(await debtOf(found), '300.00')
    await decided(found.dispute, 'won')
    assert.equal(await debtOf(found), '0.00')
    assert.equal(await lossOf(), '0.00')
    assert.equal(await payableOf(found), '0.00')
    // 180.00 by offset and 100.00 by claw-back.
    assert.deepEqual(
      sandbox.transfers.map(({ amount }) => amount),
      [90_000, 28_000]
    )
    assert.deepEqual(await disagreements(), [])
  })

  test('that was written off stays so when the bank gives a part back, again and again', async ({
    assert,
  }) => {
    const found = await indebted()
    const next = await another(found, ['100.00'])
    await releaseOf(next, 0)
    for (let time = 0; time < 2; time++) {
      await agreed(debtWriteOff, found.id, { amount: '200.00' })
    }
    assert.equal(await debtOf(found), '410.00')
    const whole = await stripe.getDispute(found.dispute)
    const partly = (...given: string[]) => ({
      ...whole,
      movements: [
        ...whole.movements,
        ...given.map((text, at) => {
          const [amount, fee] = [Money.parse(text, 'USD'), Money.zero('USD')]
          return { id: `back_${at}`, kind: 'reinstated' as const, amount, fee, at: new Date() }
        }),
      ],
    })
    // 540.00 are the freelancer's now: 90.00 have come back, 400.00 are forgiven.
    await applyDispute(stripe, partly('400.00'))
    assert.equal(await debtOf(found), '50.00')
    assert.equal(await lossOf(), '400.00')
    assert.include(await toldTo(found.freelancer), 'debt.reduced')
    assert.deepEqual(await breaks(), [])
    // 360.00 are: all of it is forgiven, and what has come back is theirs.
    await applyDispute(stripe, partly('400.00', '200.00'))
    assert.equal(await debtOf(found), '0.00')
    assert.equal(await lossOf(), '360.00')
    await settle()
    assert.deepEqual(
      sandbox.transfers.map(({ amount }) => amount),
      [90_000, 9000]
    )
    assert.deepEqual(await breaks(), [])
    await applyDispute(stripe, { ...partly('400.00', '200.00', '400.00'), state: 'won' })
    assert.equal(await lossOf(), '0.00')
    assert.equal(await debtOf(found), '0.00')
    assert.deepEqual(await breaks(), [])
  })

  test('of one chargeback is settled before that of a later one, and each is given back alone', async ({
    assert,
  }) => {
    const found = await releasedProject(['100.00'])
    const next = await another(found, ['100.00'])
    await releaseOf(next, 0)
    await settle()
    const first = await disputed({}, 0)
    await decided(first, 'lost')
    const second = await disputed({}, 1)
    await decided(second, 'lost')
    assert.equal(await debtOf(found), '180.00')
    const third = await another(found, ['100.00'])
    await releaseOf(third, 0)
    assert.equal(await debtOf(found), '90.00')
    // What the first was settled with goes to the second.
    await decided(first, 'won')
    assert.equal(await debtOf(found), '0.00')
    assert.lengthOf(sandbox.transfers, 2)
    await decided(second, 'won')
    assert.deepEqual(
      sandbox.transfers.map(({ amount }) => amount),
      [9000, 9000, 9000]
    )
    assert.equal(await held(accounts.platformFee()), '30.00')
    assert.deepEqual(await disagreements(), [])
  })

  test('is listed, clawed back and proposed to be written off from the command line', async ({
    assert,
  }) => {
    const found = await indebted()
    ace.ui.switchMode('raw')
    const said = () => ace.ui.logger.getLogs().at(-1)!.message
    try {
      const list = await ace.exec('debts:list', ['--json'])
      assert.equal(list.exitCode ?? 0, 0)
      assert.deepEqual(JSON.parse(said()), {
        debts: [
          {
            chargeback_id: found.id,
            freelancer_id: found.freelancer.id,
            outstanding: '900.00',
            recovered: '0.00',
            written_off: '0.00',
            currency: 'USD',
          },
        ],
      })
      const flags = [found.id, '--by=finance', '--reason=Asked for', '--amount=400.00', '--json']
      assert.equal((await ace.exec('debts:claw-back', flags)).exitCode ?? 0, 0)
      assert.equal(JSON.parse(said()).claw_backs[0].state, 'succeeded')
      const [line] = await db.from('audit_log').where('action', 'debt.claw_back_started')
      assert.equal(line.target_id, found.id)
      assert.equal(line.after.amount, '400.00')
      const { email } = await member('finance')
      const decision = [`--by=${email}`, '--reason=Gone.']
      assert.equal((await ace.exec('debts:write-off', [found.id, ...decision])).exitCode ?? 0, 0)
      assert.match(said(), /Proposed: 500.00 USD, Gone.*\/console\/approvals\//)
      assert.equal(await debtOf(found), '500.00')
      assert.equal((await ace.exec('debts:write-off', [found.id, ...decision])).exitCode, 1)
      assert.match(said(), /is proposed already/)
      const stranger = ['--by=somebody@example.com', '--reason=Gone.']
      assert.equal((await ace.exec('debts:write-off', [found.id, ...stranger])).exitCode, 1)
      assert.match(said(), /Nobody who works here/)
      await approvedAfter(email)
      const refused = await ace.exec('debts:claw-back', [
        found.id,
        '--by=finance',
        '--reason=Again',
      ])
      assert.equal(refused.exitCode, 1)
      assert.match(said(), /Nothing is owed/)
      assert.equal((await ace.exec('debts:write-off', ['nothing', ...decision])).exitCode, 1)
    } finally {
      ace.ui.switchMode('normal')
    }
    assert.equal(await debtOf(found), '0.00')
    assert.deepEqual(await disagreements(), [])
  })
})
