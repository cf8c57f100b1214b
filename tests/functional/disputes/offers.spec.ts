import { randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { inTransaction } from '#database/transaction'
import { accounts } from '#ledger/chart_of_accounts'
import { lockDispute, transition } from '#escrow/dispute_states'
import { changeSetting } from '#escrow/settings'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks, entryKinds, held } from '#tests/support/ledger'
import { fundedMilestone, fundedProject, pay } from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { answer, historyOf, newsOf, offer, openDispute, shown } from './parties.js'

const accept = (by: Parameters<typeof pay>[0], { id }: { id: string }, key?: string) =>
  pay(by, `offers/${id}/accept`, undefined, key)

/** A milestone in dispute, answered, so that both negotiate. */
async function negotiation(amount = '1000.00') {
  const found = await fundedMilestone({ amount })
  const dispute = await openDispute(found.client, found.milestone)
  await answer(found.freelancer, dispute)
  return { ...found, dispute }
}

const settlements = async () => (await entryKinds()).filter((kind) => kind === 'resolution').length

test.group('Disputes | offers', (group) => {
  group.each.setup(() => resetAll())

  test('the other side accepts: settled at once, the freelancer is paid and the client refunded', async ({
    assert,
  }) => {
    const { client, freelancer, project, milestone, dispute } = await negotiation()
    const offered = await offer(client, dispute, '600.00')
    assert.containsSubset(offered, {
      made_by: client.id,
      to_freelancer: '600.00',
      to_client: '400.00',
      status: 'open',
    })
    assert.includeMembers((await shown(freelancer, dispute)).may, ['accept', 'decline'])
    assert.notInclude((await shown(client, dispute)).may, 'accept')
    expectProblem(await accept(client, offered), 403, 'forbidden')
    expectProblem(await api(client).post(`offers/${offered.id}/decline`), 403, 'forbidden')

    const settled = expectData(await accept(freelancer, offered))
    assert.containsSubset(settled, {
      status: 'settled',
      settlement: { how: 'offer', to_freelancer: '600.00', to_client: '400.00' },
    })
    assert.containsSubset(await shown(client, dispute), {
      may: [],
      held: '0.00',
      offers: [{ id: offered.id, status: 'accepted' }],
    })
    await settle()
    assert.equal(sandbox.refunds[0].amount, 40_000)
    assert.equal(sandbox.transfers[0].amount, 54_000)
    const after = expectData(await api(client).get(`milestones/${milestone.id}`))
    assert.equal(after.closed_reason, 'settled')
    assert.isFalse(after.frozen)
    assert.equal(expectData(await api(client).get(`projects/${project.id}`)).status, 'completed')
    assert.deepEqual(await newsOf(client), ['dispute.answered', 'dispute.settled'])
    assert.deepEqual(await newsOf(freelancer), [
      'dispute.opened',
      'dispute.offered',
      'dispute.settled',
    ])
    assert.deepEqual(await historyOf(dispute), [
      'dispute.opened',
      'dispute.answered',
      'dispute.offered',
      'dispute.offer_accepted',
      'dispute.settled',
    ])
    assert.deepEqual(await breaks(), [])
  })

  test('nothing, or everything, may be offered; not more than is held', async ({ assert }) => {
    const { client, freelancer, dispute } = await negotiation()
    const path = `disputes/${dispute.id}/offers`
    for (const wrong of ['1000.01', '-1.00', '1.001', 'half', 500, null, undefined]) {
      expectProblem(await api(client).post(path, { to_freelancer: wrong }), 422)
    }
    assert.equal((await offer(client, dispute, '1000.00')).to_client, '0.00')
    const nothing = await offer(client, dispute, '0')
    assert.equal(nothing.to_client, '1000.00')
    expectData(await accept(freelancer, nothing))
    await settle()
    assert.equal(sandbox.refunds[0].amount, 100_000)
    assert.lengthOf(sandbox.transfers, 0)
    assert.deepEqual(await breaks(), [])
  })

  test('a counter-offer takes the place of the one before, which cannot be accepted any more', async ({
    assert,
  }) => {
    const { client, freelancer, dispute } = await negotiation()
    const first = await offer(client, dispute, '300.00')
    const counter = await offer(freelancer, dispute, '800.00')
    expectProblem(await accept(freelancer, first), 409, 'wrong_state')
    const again = await offer(freelancer, dispute, '700.00')
    expectProblem(await accept(client, counter), 409, 'wrong_state')
    const { offers } = await shown(client, dispute)
    assert.deepEqual(
      offers.map(({ status }: { status: string }) => status),
      ['superseded', 'superseded', 'open']
    )
    const declined = expectData(await api(client).post(`offers/${again.id}/decline`))
    assert.equal(declined.status, 'negotiating')
    assert.equal((await newsOf(freelancer)).at(-1), 'dispute.offer_declined')
    expectProblem(await accept(client, again), 409, 'wrong_state')
    expectProblem(await api(client).post(`offers/${again.id}/decline`), 409, 'wrong_state')
    assert.equal(await settlements(), 0)
  })

  test('before the first answer, and while staff look at it, an offer is accepted all the same', async ({
    assert,
  }) => {
    const early = await fundedMilestone()
    const open = await openDispute(early.client, early.milestone)
    expectData(await accept(early.freelancer, await offer(early.client, open, '500.00')))

    const late = await negotiation()
    const offered = await offer(late.freelancer, late.dispute, '900.00')
    expectData(await api(late.freelancer).post(`disputes/${late.dispute.id}/escalate`))
    assert.equal(expectData(await accept(late.client, offered)).settlement.how, 'offer')
    await settle()
    assert.deepEqual(await breaks(), [])
  })

  test('an offer ends with its dispute', async ({ assert }) => {
    const { client, freelancer, dispute } = await negotiation()
    const offered = await offer(freelancer, dispute, '900.00')
    const withdrawn = expectData(await api(client).post(`disputes/${dispute.id}/withdraw`))
    assert.equal(withdrawn.offers[0].status, 'expired')
    expectProblem(await accept(client, offered), 409, 'wrong_state')
  })

  test('without a key nothing is accepted; with the same key the same is answered', async ({
    assert,
  }) => {
    const { client, freelancer, dispute } = await negotiation()
    const offered = await offer(client, dispute, '600.00')
    expectProblem(
      await api(freelancer).post(`offers/${offered.id}/accept`),
      400,
      'idempotency_key_required'
    )
    const key = randomUUID()
    const first = await accept(freelancer, offered, key)
    const replay = await accept(freelancer, offered, key)
    assert.deepEqual(replay.data, first.data)
    assert.equal(replay.headers.get('idempotent-replayed'), 'true')
    expectProblem(await accept(freelancer, offered), 409, 'wrong_state')
    // The process died after it had settled, before it could answer.
    await db.from('idempotency_keys').where('key', key).update({
      status: 'running',
      response_body: null,
      response_status: null,
      locked_until: '-infinity',
    })
    assert.deepEqual((await accept(freelancer, offered, key)).data, first.data)
    assert.equal(await settlements(), 1)
  })
})

test.group('Disputes | races', (group) => {
  group.each.setup(() => resetAll())

  test('a hundred that accept settle once', async ({ assert }) => {
    const { client, freelancer, milestone, dispute } = await negotiation()
    const offered = await offer(client, dispute, '600.00')
    const key = randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        accept(freelancer, offered, index % 2 ? key : undefined)
      )
    )
    const done = answers.filter(({ status }) => status === 200)
    assert.isAtLeast(done.length, 1)
    for (const { status } of answers) assert.include([200, 409], status)
    assert.equal(await settlements(), 1)
    await settle()
    assert.equal(await held(accounts.escrow(milestone.id)), '0.00')
    assert.lengthOf(sandbox.refunds, 1)
    assert.lengthOf(sandbox.transfers, 1)
    assert.deepEqual(await breaks(), [])
  }).timeout(60_000)

  test('accept, counter-offer, withdraw and escalate at once: what comes first decides', async ({
    assert,
  }) => {
    for (let round = 0; round < 6; round++) {
      const { client, freelancer, milestone, dispute } = await negotiation('100.00')
      const offered = await offer(client, dispute, '60.00')
      const path = `disputes/${dispute.id}`
      const [accepted, countered, withdrawn, escalated] = await Promise.all([
        accept(freelancer, offered),
        api(client).post(`${path}/offers`, { to_freelancer: '10.00' }),
        api(client).post(`${path}/withdraw`),
        api(freelancer).post(`${path}/escalate`),
      ])
      for (const { status } of [accepted, countered, withdrawn, escalated]) {
        assert.include([200, 201, 409], status)
      }
      assert.isFalse(accepted.status === 200 && withdrawn.status === 200)
      const now = await shown(client, dispute)
      await settle()
      const left = await held(accounts.escrow(milestone.id))
      if (accepted.status === 200) {
        assert.equal(now.settlement.to_freelancer, '60.00')
        assert.equal(left, '0.00')
      } else {
        assert.isNull(now.settlement)
        assert.equal(now.status, 'withdrawn')
        assert.equal(left, '100.00')
      }
    }
    assert.deepEqual(await breaks(), [])
  }).timeout(60_000)

  test('the parties accept while staff decide: one of the two happens, and nothing is divided twice', async ({
    assert,
  }) => {
    const [{ id: staffId }] = await db
      .table('staff')
      .insert({ email: 'dora@example.com', name: 'Dora', role: 'support' })
      .returning('id')
    for (let round = 0; round < 6; round++) {
      const { client, freelancer, milestone, dispute } = await negotiation('100.00')
      const offered = await offer(client, dispute, '60.00')
      expectData(await api(client).post(`disputes/${dispute.id}/escalate`))
      const decision = inTransaction(async (trx) =>
        transition(
          trx,
          await lockDispute(trx, dispute.id),
          'decided',
          { type: 'staff', id: staffId },
          { changes: { decided_at: trx.raw('now()'), decided_by: staffId } }
        )
      )
      const [accepted, proposed] = await Promise.allSettled([accept(freelancer, offered), decision])
      const taken = accepted.status === 'fulfilled' && accepted.value.status === 200
      assert.notEqual(taken, proposed.status === 'fulfilled')
      const now = await shown(client, dispute)
      assert.equal(now.status, taken ? 'settled' : 'decided')
      assert.equal(now.offers[0].status, taken ? 'accepted' : 'expired')
      await settle()
      assert.equal(await held(accounts.escrow(milestone.id)), taken ? '0.00' : '100.00')
    }
    assert.deepEqual(await breaks(), [])
  }).timeout(60_000)

  test('two sides that accept different offers of each other at once settle once', async ({
    assert,
  }) => {
    const { client, freelancer, dispute } = await negotiation('100.00')
    const first = await offer(client, dispute, '40.00')
    const [a, counter] = await Promise.all([
      accept(freelancer, first),
      api(freelancer).post(`disputes/${dispute.id}/offers`, { to_freelancer: '70.00' }),
    ])
    const b = counter.status === 201 ? await accept(client, counter.data) : counter
    assert.lengthOf(
      [a, b].filter(({ status }) => status === 200),
      1
    )
    assert.equal(await settlements(), 1)
    await settle()
    assert.deepEqual(await breaks(), [])
  })
})

test.group('Disputes | equal split', (group) => {
  group.each.setup(() => resetAll())

  const choose = (by: Parameters<typeof pay>[0], { id }: { id: string }, key?: string) =>
    pay(by, `disputes/${id}/equal-split`, undefined, key)

  test('once both have chosen it, a small claim is halved at once; an odd cent is the freelancer’s', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone({ amount: '100.01' })
    const dispute = await openDispute(client, milestone)
    assert.include(dispute.may, 'equal_split')
    const chosen = expectData(await choose(client, dispute))
    assert.equal(chosen.status, 'open')
    assert.isTrue(chosen.opener_splits)
    assert.isFalse(chosen.respondent_splits)
    expectData(await choose(client, dispute))
    assert.deepEqual(await newsOf(freelancer), ['dispute.opened', 'dispute.split_chosen'])
    const settled = expectData(await choose(freelancer, dispute))
    assert.deepEqual(settled.settlement, {
      how: 'equal_split',
      to_freelancer: '50.01',
      to_client: '50.00',
    })
    await settle()
    assert.equal(sandbox.refunds[0].amount, 5000)
    assert.deepEqual(await breaks(), [])
  })

  test('it can be taken back while the other side has not chosen it', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone({ amount: '100.00' })
    const dispute = await openDispute(client, milestone)
    expectData(await choose(client, dispute))
    const path = `disputes/${dispute.id}/equal-split`
    const back = expectData(await api(client).delete(path))
    assert.isFalse(back.opener_splits)
    expectData(await api(client).delete(path))
    await answer(freelancer, dispute)
    assert.equal(expectData(await choose(freelancer, dispute)).status, 'negotiating')
    assert.include((await shown(freelancer, dispute)).may, 'take_back_equal_split')
    assert.equal(expectData(await choose(client, dispute)).status, 'settled')
    expectProblem(await api(client).delete(path), 409, 'wrong_state')
  })

  test('is no answer: the respondent cannot be the first to choose it before theirs', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone({ amount: '100.00' })
    const dispute = await openDispute(client, milestone)
    assert.notInclude((await shown(freelancer, dispute)).may, 'equal_split')
    expectProblem(await choose(freelancer, dispute), 409, 'answer_first')
    expectData(await choose(client, dispute))
    assert.include((await shown(freelancer, dispute)).may, 'equal_split')
    assert.equal(expectData(await choose(freelancer, dispute)).status, 'settled')
  })

  test('only below the threshold of its currency, as it is at that moment', async ({ assert }) => {
    const { client, milestone } = await fundedMilestone({ amount: '250.00' })
    const dispute = await openDispute(client, milestone, '10.00')
    assert.notInclude(dispute.may, 'equal_split')
    expectProblem(await choose(client, dispute), 409, 'not_a_small_claim')
    await db.transaction((trx) =>
      changeSetting(trx, 'small_claim_threshold', { USD: '250.01' }, 'operator')
    )
    expectData(await choose(client, dispute))
    await db.transaction((trx) =>
      changeSetting(trx, 'small_claim_threshold', { EUR: '1000.00' }, 'operator')
    )
    expectProblem(await choose(client, dispute), 409, 'not_a_small_claim')
  })

  test('both sides choosing it at once, again and again, settle once', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone({ amount: '99.00' })
    const dispute = await openDispute(client, milestone)
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => choose(index % 2 ? client : freelancer, dispute))
    )
    for (const { status } of answers) assert.include([200, 409], status)
    assert.equal(await settlements(), 1)
    assert.equal((await shown(client, dispute)).settlement.how, 'equal_split')
    await settle()
    assert.deepEqual(await breaks(), [])
  }).timeout(60_000)

  test('a key replays the choice; without one there is none', async ({ assert }) => {
    const { client, milestones } = await fundedProject({ amounts: ['50.00', '60.00'] })
    const dispute = await openDispute(client, milestones[0])
    expectProblem(
      await api(client).post(`disputes/${dispute.id}/equal-split`),
      400,
      'idempotency_key_required'
    )
    const key = randomUUID()
    const first = await choose(client, dispute, key)
    assert.deepEqual((await choose(client, dispute, key)).data, first.data)
    expectProblem(
      await choose(client, await openDispute(client, milestones[1]), key),
      422,
      'idempotency_key_reused'
    )
  })
})
