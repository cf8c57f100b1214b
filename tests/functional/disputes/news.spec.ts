import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { refuse } from '#approvals/refuse'
import { withdraw } from '#approvals/withdraw'
import { proposeDecision } from '#escrow/disputes/propose_decision'
import type User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { fundedMilestone, fundedProject, pay, submittedMilestone } from '#tests/support/projects'
import { member } from '#tests/support/two_people'
import { answer, newsOf, offer, openDispute, shown } from './parties.js'
import { escalatedDispute } from './settling.js'

/** A decision over 1000.00 that waits for its second person. */
async function proposed() {
  const found = await fundedProject()
  const dispute = await escalatedDispute(found)
  const first = await member('support')
  const { approval } = await proposeDecision(dispute.id, {
    by: first.id,
    toFreelancer: '600.00',
    reason: 'Two of three pages were delivered.',
    version: BigInt(dispute.version),
  })
  return { ...found, dispute, first, approval: approval! }
}

const lastOf = async (user: User) => (await newsOf(user)).at(-1)

/** The body of the newest notification of a kind. */
const wordsOf = async (user: User, kind: string) => {
  const row = await db
    .from('notifications')
    .where({ user_id: user.id, kind })
    .orderBy('seq', 'desc')
    .firstOrFail()
  return row.body as string
}

test.group('Disputes | who hears of what', (group) => {
  group.each.setup(() => resetAll())

  test('both hear that staff are deciding, and that they may go on when that is refused or taken back', async ({
    assert,
  }) => {
    const refused = await proposed()
    for (const user of [refused.client, refused.freelancer]) {
      assert.equal(await lastOf(user), 'dispute.decision_proposed')
      assert.match(await wordsOf(user, 'dispute.decision_proposed'), /nothing can be added/)
    }
    await refuse(refused.approval.id, { by: (await member('finance')).id, reason: 'Read again.' })
    for (const user of [refused.client, refused.freelancer]) {
      assert.equal(await lastOf(user), 'dispute.decision_dropped')
    }
    const takenBack = await proposed()
    await withdraw(takenBack.approval.id, { by: takenBack.first.id })
    assert.equal(await lastOf(takenBack.freelancer), 'dispute.decision_dropped')
  })

  test('a decision that is only proposed is not called a decision', async ({ assert }) => {
    const { client, dispute } = await proposed()
    const refusal = expectProblem(
      await api(client).post(`disputes/${dispute.id}/messages`, { body: 'Wait.' }),
      409,
      'wrong_state'
    )
    assert.notMatch(refusal.detail, /about to be settled|have decided/)
    assert.match(refusal.detail, /are deciding/)
  })

  test('the other side hears when an equal split is taken back', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone({ amount: '100.00' })
    const dispute = await openDispute(client, milestone)
    await answer(freelancer, dispute)
    expectData(await pay(freelancer, `disputes/${dispute.id}/equal-split`))
    assert.include(await wordsOf(client, 'dispute.split_chosen'), '100.00 USD')
    expectData(await api(freelancer).delete(`disputes/${dispute.id}/equal-split`))
    assert.equal(await lastOf(client), 'dispute.split_taken_back')
    expectData(await api(freelancer).delete(`disputes/${dispute.id}/equal-split`))
    assert.lengthOf(
      (await newsOf(client)).filter((kind) => kind === 'dispute.split_taken_back'),
      1
    )
  })
})

/** What a refund request is after the dispute that it had become part of. */
test.group('Disputes | a refund request after a withdrawal', (group) => {
  group.each.setup(() => resetAll())

  async function requested(amount = '300.00') {
    const found = await submittedMilestone()
    const refund = expectData(
      await pay(found.client, 'payments/refund', {
        milestone_id: found.milestone.id,
        amount,
        reason: 'Late.',
      }),
      201
    )
    return { ...found, refund }
  }

  const now = async (by: User, { id }: { id: string }) =>
    expectData(await api(by).get(`payments/refunds/${id}`))

  test('it waits again, with all of the time for an answer, and both are told', async ({
    assert,
  }) => {
    const { client, freelancer, milestone, refund } = await requested()
    const dispute = await openDispute(freelancer, milestone)
    await db
      .from('refund_requests')
      .where('id', refund.id)
      .update({ respond_by: db.raw(`now() + interval '1 hour'`) })
    expectData(await api(freelancer).post(`disputes/${dispute.id}/withdraw`))
    const waits = await now(client, refund)
    assert.containsSubset(waits, { status: 'requested', dispute_id: null, decided_at: null })
    assert.closeTo(
      Date.parse(waits.respond_by) - Date.now(),
      Date.parse(refund.respond_by) - Date.parse(refund.created_at),
      60_000
    )
    const open = expectData(await api(client).get(`milestones/${milestone.id}`))
    assert.isNull(open.auto_approve_at, 'the request stops the clock, as before')
    assert.match(await wordsOf(client, 'dispute.withdrawn'), /refund request waits/)
    assert.match(await wordsOf(freelancer, 'refund.requested'), /300.00 USD/)
    assert.lengthOf(
      await db.from('notifications').where({ user_id: freelancer.id, kind: 'refund.requested' }),
      2
    )
    expectData(await pay(freelancer, `payments/refunds/${refund.id}/decline`))
    assert.isNotNull(
      expectData(await api(client).get(`milestones/${milestone.id}`)).auto_approve_at
    )
  })

  test('also when it is the client who withdraws', async ({ assert }) => {
    const { client, freelancer, milestone, refund } = await requested()
    const dispute = await openDispute(client, milestone)
    expectData(await api(client).post(`disputes/${dispute.id}/withdraw`))
    assert.equal((await now(client, refund)).status, 'requested')
    assert.equal(await lastOf(freelancer), 'dispute.withdrawn')
    expectData(await pay(freelancer, `payments/refunds/${refund.id}/accept`))
  })

  test('one that had become the dispute by silence is withdrawn with it', async ({ assert }) => {
    const { client, freelancer, milestone, refund } = await requested()
    await db
      .from('refund_requests')
      .where('id', refund.id)
      .update({ respond_by: db.raw(`now() - interval '1 minute'`) })
    const { escalateRefund } = await import('#escrow/escalate_refund')
    await escalateRefund(refund.id)
    const [dispute] = expectData(await api(client).get('disputes'))
    assert.isAtLeast(Date.parse(dispute.escalated_at), Date.parse(dispute.created_at))
    expectData(await api(client).post(`disputes/${dispute.id}/withdraw`))
    assert.equal((await now(freelancer, refund)).status, 'withdrawn')
    assert.isNotNull(
      expectData(await api(client).get(`milestones/${milestone.id}`)).auto_approve_at
    )
    const after = await shown(client, dispute)
    assert.equal(after.withdrawn_by, client.id)
    assert.isNull(after.ended_because)
  })

  test('offers made before stay dead, and nothing of them comes back', async ({ assert }) => {
    const { client, freelancer, milestone } = await requested()
    const dispute = await openDispute(freelancer, milestone)
    const offered = await offer(freelancer, dispute, '500.00')
    expectData(await api(freelancer).post(`disputes/${dispute.id}/withdraw`))
    expectProblem(await pay(client, `offers/${offered.id}/accept`), 409, 'wrong_state')
    assert.equal((await shown(client, dispute)).offers[0].status, 'expired')
  })
})
