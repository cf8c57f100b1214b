import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { api, expectData, expectProblem } from '#tests/support/api'
import { settle } from '#tests/support/jobs'
import { held } from '#tests/support/ledger'
import { fundedMilestone, fundedProject, pay, submittedMilestone } from '#tests/support/projects'
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
})
