import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { Money } from '#ledger/money'
import { refundAdoption } from '#escrow/adopt_refund'
import { proposeDecision } from '#escrow/disputes/propose_decision'
import Dispute from '#models/dispute'
import { providerFor } from '#payments/registry'
import { expectData } from '#tests/support/api'
import { settle } from '#tests/support/jobs'
import { fundedMilestone, fundedProject, pay, type Case } from '#tests/support/projects'
import { agreed, member } from '#tests/support/two_people'
import { refusedWith } from '../ledger/books.js'
import { decided, disagreements, disputed, freshStart, toldTo } from '../payments/chargebacks.js'
import { answer, newsOf, openDispute, shown } from './parties.js'
import { escalatedDispute } from './settling.js'

/** Somebody refunds so much in the provider's dashboard, and two of staff take it for one of ours. */
async function adoptRefund({ milestones }: Pick<Case, 'milestones'>, amount: string) {
  const [{ charge_id: chargeId }] = await db.from('deposits')
  const refund = await providerFor('stripe').refund({
    key: randomUUID(),
    // As good as none: it is no transaction of ours.
    transactionId: randomUUID(),
    chargeId,
    amount: Money.parse(amount, 'USD'),
    reason: 'requested_by_customer',
  })
  await settle()
  await agreed(refundAdoption, milestones[0].id, { rail: 'stripe', refund_id: refund.id })
  await settle()
}

const split = (by: Parameters<typeof pay>[0], { id }: { id: string }) =>
  pay(by, `disputes/${id}/equal-split`)

/** A dispute over 100.00 that both negotiate, of which one side has chosen the half. */
async function halfChosen(by: 'client' | 'freelancer') {
  const found = await fundedProject({ amounts: ['100.00'] })
  const dispute = await openDispute(found.client, found.milestones[0])
  await answer(found.freelancer, dispute)
  expectData(await split(found[by], dispute))
  return { ...found, dispute }
}

/** What is held changes while a dispute is open: the payer's bank takes of it, or a refund of our dashboard. */
test.group('Disputes | when what is held changes', (group) => {
  group.each.setup(() => freshStart())

  for (const [first, second] of [
    ['freelancer', 'client'],
    ['client', 'freelancer'],
  ] as const) {
    test(`the ${first}’s choice of an equal split lapses when the bank takes a part, and both hear of it`, async ({
      assert,
    }) => {
      const found = await halfChosen(first)
      const { dispute } = found
      await decided(await disputed({ amount: 5000 }), 'lost')
      for (const user of [found.client, found.freelancer]) {
        assert.equal((await newsOf(user)).at(-1), 'dispute.split_lapsed')
        const seen = await shown(user, dispute)
        assert.equal(seen.held, '50.00')
        assert.isFalse(seen.opener_splits || seen.respondent_splits)
      }
      const alone = expectData(await split(found[second], dispute))
      assert.equal(alone.status, 'negotiating')
      const settled = expectData(await split(found[first], dispute))
      assert.containsSubset(settled, {
        status: 'settled',
        settlement: { how: 'equal_split', to_freelancer: '25.00', to_client: '25.00' },
      })
      await settle()
      assert.deepEqual(await disagreements(), [])
    })
  }

  test('and so it does when a refund from elsewhere is adopted', async ({ assert }) => {
    const found = await halfChosen('freelancer')
    await adoptRefund(found, '40.00')
    assert.equal((await newsOf(found.freelancer)).at(-1), 'dispute.split_lapsed')
    const alone = expectData(await split(found.client, found.dispute))
    assert.equal(alone.status, 'negotiating')
    assert.isFalse(alone.respondent_splits)
    assert.deepEqual(await disagreements(), [])
  })

  test('a choice of what is held still stands when another milestone’s money goes', async ({
    assert,
  }) => {
    const { client, freelancer, milestones } = await fundedProject({ amounts: ['100.00', '60.00'] })
    const dispute = await openDispute(client, milestones[0])
    await answer(freelancer, dispute)
    expectData(await split(freelancer, dispute))
    await adoptRefund({ milestones: [milestones[1]] } as never, '40.00')
    assert.equal(expectData(await split(client, dispute)).status, 'settled')
  })

  test('the database halves nothing but what both have chosen to halve', async ({ assert }) => {
    const { dispute, client } = await halfChosen('freelancer')
    assert.equal(
      await refusedWith(
        `UPDATE disputes SET status = 'settled', closed_at = now(), settled_how = 'equal_split',
           opener_splits_at = now(), to_freelancer = 2500, to_client = 2500 WHERE id = ?`,
        [dispute.id]
      ),
      '23514'
    )
    assert.equal((await shown(client, dispute)).status, 'negotiating')
  })

  test('both hear that a dispute is over because the bank took everything, and why', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    await decided(await disputed(), 'lost')
    for (const user of [client, freelancer]) {
      assert.equal((await newsOf(user)).at(-1), 'dispute.ended')
    }
    assert.containsSubset(await shown(freelancer, dispute), {
      status: 'withdrawn',
      withdrawn_by: null,
      ended_because: 'charged_back',
    })
  })

  test('and because an adopted refund emptied the milestone; the freelancer hears of the money, too', async ({
    assert,
  }) => {
    const found = await fundedProject({ amounts: ['100.00'] })
    const { client, freelancer, milestones } = found
    const dispute = await openDispute(client, milestones[0])
    await adoptRefund(found, '40.00')
    assert.include(await toldTo(freelancer), 'refund.adopted')
    await adoptRefund(found, '60.00')
    for (const user of [client, freelancer]) {
      assert.equal((await newsOf(user)).at(-1), 'dispute.ended')
    }
    assert.equal((await toldTo(freelancer)).filter((kind) => kind === 'refund.adopted').length, 2)
    assert.equal((await shown(client, dispute)).ended_because, 'refunded_elsewhere')
    const [withdrawnByParty] = await Dispute.query().whereNotNull('withdrawn_by')
    assert.isUndefined(withdrawnByParty)
  })

  test('a decision that waits for its second person ends with its dispute, by nobody of staff', async ({
    assert,
  }) => {
    const found = await fundedProject()
    const dispute = await escalatedDispute(found)
    const { approval } = await proposeDecision(dispute.id, {
      by: (await member('support')).id,
      toFreelancer: '600.00',
      reason: 'Two of three pages were delivered.',
      version: BigInt(dispute.version),
    })
    await decided(await disputed(), 'lost')
    await approval!.refresh()
    assert.equal(approval!.status, 'withdrawn')
    assert.isNull(approval!.decidedBy)
    assert.match(approval!.decisionReason!, /nothing is held/i)
    const line = await db
      .from('audit_log')
      .where({ target_id: dispute.id, action: 'approval.withdrawn' })
      .firstOrFail()
    assert.equal(line.actor_type, 'system')
    assert.equal((await dispute.refresh()).status, 'withdrawn')
    assert.deepEqual(await disagreements(), [])
  })
})
