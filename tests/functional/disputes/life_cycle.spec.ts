import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { accounts } from '#ledger/chart_of_accounts'
import { autoApprove } from '#escrow/auto_approve'
import { escalateRefund } from '#escrow/escalate_refund'
import { decideSilentDisputes } from '#escrow/disputes/decide_silent_disputes'
import { remindOfDisputes } from '#escrow/disputes/remind_of_disputes'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { drain, settle } from '#tests/support/jobs'
import { breaks, held } from '#tests/support/ledger'
import { mailsTo } from '#tests/support/mailbox'
import {
  fundedMilestone,
  fundedProject,
  pay,
  submit,
  submittedMilestone,
} from '#tests/support/projects'
import { sandbox } from '#tests/support/sandbox'
import { aClient, aFreelancer } from '#tests/support/users'
import {
  answer,
  because,
  daysGoBy,
  historyOf,
  newsOf,
  offer,
  openDispute,
  shown,
} from './parties.js'

test.group('Disputes | opening', (group) => {
  group.each.setup(() => resetAll())

  test('either party opens one over held money; it freezes the milestone and tells the other', async ({
    assert,
  }) => {
    const { client, freelancer, project, milestone } = await submittedMilestone()
    const dispute = await openDispute(client, milestone, '400.00')
    assert.containsSubset(dispute, {
      status: 'open',
      opened_by: client.id,
      respondent_id: freelancer.id,
      asked_amount: '400.00',
      held: '1000.00',
      milestone_id: milestone.id,
      settlement: null,
    })
    const days = (Date.parse(dispute.respond_by) - Date.now()) / 86_400_000
    assert.closeTo(days, 5, 0.1)
    assert.closeTo((Date.parse(dispute.negotiate_until) - Date.now()) / 86_400_000, 14, 0.1)
    assert.deepEqual(dispute.may, ['message', 'evidence', 'offer', 'withdraw'])
    assert.deepEqual((await shown(freelancer, dispute)).may, ['answer', 'evidence'])

    const after = expectData(await api(freelancer).get(`milestones/${milestone.id}`))
    assert.isTrue(after.frozen)
    assert.isNull(after.auto_approve_at)
    assert.equal(expectData(await api(client).get(`projects/${project.id}`)).status, 'disputed')
    assert.deepEqual(await newsOf(freelancer), ['dispute.opened'])
    assert.deepEqual(await newsOf(client), [])
    await drain({ includeDeferred: true })
    const [mail] = (await mailsTo(freelancer.email)).filter(({ subject }) =>
      subject.includes('Dispute opened')
    )
    assert.include(mail.text, '400.00 USD')

    assert.equal(
      (await openDispute(freelancer, (await fundedMilestone({ client, freelancer })).milestone))
        .asked_amount,
      '1000.00'
    )
  })

  test('asked for is above nothing and at most what is held; of nothing held there is no dispute', async () => {
    const { client, milestone } = await fundedMilestone()
    const path = `milestones/${milestone.id}/disputes`
    for (const asked of ['0.00', '1000.01', '-1', '1.001', 'all', null, 5]) {
      expectProblem(
        await api(client).post(path, { reason: 'Because', asked_amount: asked }),
        422,
        'validation_failed'
      )
    }
    expectProblem(await api(client).post(path, { asked_amount: '1.00' }), 422)
    expectData(await pay(client, 'payments/release', { milestone_id: milestone.id }), 201)
    expectProblem(await api(client).post(path, because()), 409, 'nothing_held')
  })

  test('a milestone has one dispute at a time', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    const again = await api(freelancer).post(`milestones/${milestone.id}/disputes`, because())
    assert.equal(expectProblem(again, 409, 'frozen').dispute_id, dispute.id)
  })

  test('of twenty that open one at the same moment, one does', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        api(index % 2 ? client : freelancer).post(`milestones/${milestone.id}/disputes`, because())
      )
    )
    assert.lengthOf(
      answers.filter(({ status }) => status === 201),
      1
    )
    assert.lengthOf(await db.from('disputes'), 1)
  })

  test('only its parties see it, and who has not verified the address opens none', async () => {
    const { client, milestone } = await fundedMilestone()
    for (const stranger of [await aClient(), await aFreelancer()]) {
      expectProblem(await api(stranger).post(`milestones/${milestone.id}/disputes`, because()), 404)
    }
    const dispute = await openDispute(client, milestone)
    const offered = await offer(client, dispute, '1.00')
    for (const stranger of [await aClient(), await aFreelancer()]) {
      expectProblem(await api(stranger).get(`disputes/${dispute.id}`), 404)
      for (const step of ['answer', 'messages']) {
        expectProblem(
          await api(stranger).post(`disputes/${dispute.id}/${step}`, { body: 'x' }),
          404
        )
      }
      for (const step of ['escalate', 'withdraw']) {
        expectProblem(await api(stranger).post(`disputes/${dispute.id}/${step}`), 404)
      }
      expectProblem(await pay(stranger, `offers/${offered.id}/accept`), 404)
      expectProblem(await api(stranger).post(`offers/${offered.id}/decline`), 404)
      expectProblem(await pay(stranger, `disputes/${dispute.id}/equal-split`), 404)
    }
    expectProblem(await api().get('disputes'), 401)
    const other = await fundedMilestone()
    await db.from('users').where('id', other.client.id).update({ is_verified: false })
    expectProblem(
      await api(other.client).post(`milestones/${other.milestone.id}/disputes`, because()),
      403,
      'email_not_verified'
    )
  })

  test('a refund request that waits becomes part of the dispute and is answered there', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    const refund = expectData(
      await pay(client, 'payments/refund', { milestone_id: milestone.id, reason: 'Late.' }),
      201
    )
    const dispute = await openDispute(freelancer, milestone, '700.00')
    const now = expectData(await api(client).get(`payments/refunds/${refund.id}`))
    assert.equal(now.status, 'escalated')
    assert.equal(now.dispute_id, dispute.id)
    expectProblem(await pay(freelancer, `payments/refunds/${refund.id}/accept`), 409, 'wrong_state')
  })

  test('a refund request without an answer is a dispute that is with staff, and can still be agreed on', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await submittedMilestone()
    const refund = expectData(
      await pay(client, 'payments/refund', {
        milestone_id: milestone.id,
        amount: '300.00',
        reason: 'Late.',
      }),
      201
    )
    await db
      .from('refund_requests')
      .where('id', refund.id)
      .update({ respond_by: db.raw(`now() - interval '1 minute'`) })
    await escalateRefund(refund.id)
    const [dispute] = expectData(await api(freelancer).get('disputes'))
    assert.containsSubset(dispute, {
      status: 'escalated',
      escalated_reason: 'refund_unanswered',
      opened_by: client.id,
      respondent_id: freelancer.id,
      asked_amount: '300.00',
      respond_by: null,
    })
    assert.deepEqual(await decideSilentDisputes(), { settled: 0, escalated: 0 })
    const body = { body: 'I was ill.' }
    expectData(await api(freelancer).post(`disputes/${dispute.id}/messages`, body), 201)
    const offered = await offer(freelancer, dispute, '800.00')
    expectData(await pay(client, `offers/${offered.id}/accept`))
    await settle()
    assert.equal(sandbox.refunds[0].amount, 20_000)
    assert.deepEqual(await breaks(), [])
  })

  test('lists have one’s own disputes, page by page and by status', async ({ assert }) => {
    const { client, freelancer, milestones } = await fundedProject({
      amounts: ['10.00', '20.00', '30.00'],
    })
    const other = await fundedMilestone()
    await openDispute(other.client, other.milestone)
    const ids: string[] = []
    for (const milestone of milestones) ids.unshift((await openDispute(client, milestone)).id)
    await answer(freelancer, { id: ids[0] })
    const list = async (query: Record<string, string | number>) => {
      const { data, body } = await api(freelancer).get('disputes', { query })
      return { ids: data.map(({ id }: { id: string }) => id), meta: body.meta }
    }
    assert.deepEqual((await list({})).ids, ids)
    const first = await list({ limit: 2 })
    assert.deepEqual(first.ids, ids.slice(0, 2))
    const next = await list({ limit: 2, after: first.meta.next_cursor })
    assert.deepEqual(next.ids, ids.slice(2))
    assert.isFalse(next.meta.has_more)
    assert.deepEqual((await list({ status: 'negotiating' })).ids, [ids[0]])
    assert.deepEqual((await list({ milestone_id: milestones[0].id })).ids, [ids[2]])
    expectProblem(await api(client).get('disputes', { query: { status: 'lost' } }), 422)
  })
})

test.group('Disputes | a frozen milestone', (group) => {
  group.each.setup(() => resetAll())

  test('it is neither released, refunded, approved, handed in nor changed; its sibling goes on', async ({
    assert,
  }) => {
    const { client, freelancer, project, milestones } = await fundedProject({
      amounts: ['100.00', '200.00'],
    })
    const [frozen, sibling] = milestones
    await submit(freelancer, frozen)
    await openDispute(freelancer, frozen)
    for (const answered of [
      await pay(client, `milestones/${frozen.id}/approve`),
      await pay(client, 'payments/release', { milestone_id: frozen.id, amount: '1.00' }),
      await pay(client, 'payments/refund', { milestone_id: frozen.id, reason: 'x' }),
      await api(client).post(`milestones/${frozen.id}/reject`, { reason: 'x' }),
      await api(freelancer).post(`milestones/${frozen.id}/submit`, { note: 'x' }),
    ]) {
      assert.equal(answered.status, 409, JSON.stringify(answered.body))
    }
    expectProblem(await api(client).put(`milestones/${frozen.id}`, { title: 'Other' }), 409)
    expectProblem(await api(client).delete(`milestones/${frozen.id}`), 409)
    expectProblem(await api(client).post(`projects/${project.id}/cancel`), 409)
    expectProblem(await api(client).post(`projects/${project.id}/complete`), 409)

    await db
      .from('milestones')
      .where('id', frozen.id)
      .update({ auto_approve_at: db.raw(`now() - interval '1 day'`) })
    await assert.rejects(() => autoApprove(frozen.id), /frozen/)
    const now = expectData(await api(client).get(`milestones/${frozen.id}`))
    assert.equal(now.status, 'submitted')
    assert.equal(now.escrow.held, '100.00')

    await submit(freelancer, sibling)
    expectData(await pay(client, `milestones/${sibling.id}/approve`), 201)
    await settle()
    assert.equal(
      expectData(await api(client).get(`milestones/${sibling.id}`)).closed_reason,
      'released'
    )
    assert.equal(expectData(await api(client).get(`projects/${project.id}`)).status, 'disputed')
    assert.deepEqual(await breaks(), [])
  })
})

test.group('Disputes | answering and talking', (group) => {
  group.each.setup(() => resetAll())

  test('the respondent answers once; from then on both write, and each hears of the other', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    const path = `disputes/${dispute.id}`
    expectProblem(await api(client).post(`${path}/answer`, { body: 'x' }), 403)
    expectProblem(
      await api(freelancer).post(`${path}/messages`, { body: 'x' }),
      409,
      'answer_first'
    )
    expectProblem(
      await api(freelancer).post(`${path}/offers`, { to_freelancer: '1.00' }),
      409,
      'answer_first'
    )
    expectData(await api(client).post(`${path}/messages`, { body: 'Well?' }), 201)

    const answered = await answer(freelancer, dispute)
    assert.equal(answered.status, 'negotiating')
    assert.isNotNull(answered.answered_at)
    expectProblem(await api(freelancer).post(`${path}/answer`, { body: 'x' }), 409, 'wrong_state')
    expectData(await api(freelancer).post(`${path}/messages`, { body: 'Look again.' }), 201)
    expectProblem(await api(client).post(`${path}/messages`, { body: ' ' }), 422)

    const { messages } = await shown(client, dispute)
    assert.deepEqual(
      messages.map(({ kind, sender_id: by, body }: any) => [kind, by, body]),
      [
        ['message', client.id, 'Well?'],
        ['answer', freelancer.id, 'It is what we agreed.'],
        ['message', freelancer.id, 'Look again.'],
      ]
    )
    const { data: listed } = await api(client).get(`${path}/messages`, { query: { limit: 2 } })
    assert.deepEqual(listed, messages.toReversed().slice(0, 2))
    assert.deepEqual(await newsOf(client), ['dispute.answered', 'dispute.message'])
    assert.deepEqual(await newsOf(freelancer), ['dispute.opened', 'dispute.message'])
  })

  test('what our staff write is shown as theirs', async ({ assert }) => {
    const { client, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    const [{ id: staffId }] = await db
      .table('staff')
      .insert({ email: 'dora@example.com', name: 'Dora', role: 'support' })
      .returning('id')
    await db.table('dispute_messages').insert({
      dispute_id: dispute.id,
      staff_id: staffId,
      kind: 'message',
      body: 'Please show the contract.',
    })
    const { messages } = await shown(client, dispute)
    assert.containsSubset(messages, [
      { from: 'staff', sender_id: null, body: 'Please show the contract.' },
    ])
  })

  test('every change grows the version that a decision is bound to', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    const version = async () => (await db.from('disputes').where('id', dispute.id).first()).version
    const seen = [await version()]
    const grew = async () => {
      const now = await version()
      assert.isAbove(Number(now), Number(seen.at(-1)))
      seen.push(now)
    }
    await answer(freelancer, dispute)
    await grew()
    expectData(await api(client).post(`disputes/${dispute.id}/messages`, { body: 'x' }), 201)
    await grew()
    const offered = await offer(client, dispute, '10.00')
    await grew()
    expectData(await api(freelancer).post(`offers/${offered.id}/decline`))
    await grew()
    expectData(
      await api(client).upload(`disputes/${dispute.id}/evidence`, 'file', 'proof', 'proof.txt'),
      201
    )
    await grew()
    expectData(await api(client).post(`disputes/${dispute.id}/escalate`))
    await grew()
  })
})

test.group('Disputes | silence', (group) => {
  group.each.setup(() => resetAll())

  test('without a first answer in time a client gets back what they asked, the rest is released', async ({
    assert,
  }) => {
    const { client, freelancer, project, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone, '400.00')
    await daysGoBy(dispute, 4)
    assert.deepEqual(await decideSilentDisputes(), { settled: 0, escalated: 0 })
    await daysGoBy(dispute, 1)
    expectProblem(
      await api(freelancer).post(`disputes/${dispute.id}/answer`, { body: 'Sorry' }),
      409,
      'time_over'
    )
    assert.deepEqual(await decideSilentDisputes(), { settled: 1, escalated: 0 })
    assert.deepEqual(await decideSilentDisputes(), { settled: 0, escalated: 0 })
    await settle()
    const now = await shown(client, dispute)
    assert.equal(now.status, 'settled')
    assert.deepEqual(now.settlement, {
      how: 'no_answer',
      to_freelancer: '600.00',
      to_client: '400.00',
    })
    assert.deepEqual(now.may, [])
    assert.equal(sandbox.refunds[0].amount, 40_000)
    assert.equal(await held(accounts.escrow(milestone.id)), '0.00')
    assert.equal(expectData(await api(client).get(`projects/${project.id}`)).status, 'completed')
    assert.include(await newsOf(freelancer), 'dispute.settled')
    assert.deepEqual(await breaks(), [])
  })

  test('without a first answer in time a freelancer is paid what they asked, the rest goes back', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(freelancer, milestone, '250.00')
    await daysGoBy(dispute, 5)
    await decideSilentDisputes()
    await settle()
    assert.containsSubset(await shown(client, dispute), {
      settlement: { how: 'no_answer', to_freelancer: '250.00', to_client: '750.00' },
    })
    assert.deepEqual(await breaks(), [])
  })

  test('silence after the first answer decides nothing: after two weeks it is with staff', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    await answer(freelancer, dispute)
    await daysGoBy(dispute, 13)
    assert.deepEqual(await decideSilentDisputes(), { settled: 0, escalated: 0 })
    await daysGoBy(dispute, 1)
    assert.deepEqual(await decideSilentDisputes(), { settled: 0, escalated: 1 })
    const now = await shown(client, dispute)
    assert.equal(now.status, 'escalated')
    assert.equal(now.escalated_reason, 'negotiation_over')
    assert.isNull(now.escalated_by)
    for (const user of [client, freelancer]) assert.include(await newsOf(user), 'dispute.escalated')
    assert.equal(await held(accounts.escrow(milestone.id)), '1000.00')
  })

  test('one that cannot be decided does not stop the others', async ({ assert }) => {
    const { client, milestones } = await fundedProject({ amounts: ['10.00', '20.00'] })
    const disputes = []
    for (const milestone of milestones) disputes.push(await openDispute(client, milestone))
    for (const dispute of disputes) await daysGoBy(dispute, 6)
    await db.rawQuery(
      `CREATE FUNCTION break_one() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'broken'; END $$`
    )
    await db.rawQuery(
      `CREATE TRIGGER break_one BEFORE UPDATE ON disputes FOR EACH ROW
        WHEN (OLD.id = '${disputes[0].id}') EXECUTE FUNCTION break_one()`
    )
    try {
      assert.deepEqual(await decideSilentDisputes(), { settled: 1, escalated: 0 })
    } finally {
      await db.rawQuery('DROP FUNCTION break_one() CASCADE')
    }
    assert.deepEqual(await decideSilentDisputes(), { settled: 1, escalated: 0 })
    await settle()
    assert.deepEqual(await breaks(), [])
  })

  test('an answer and the deadline at the same moment: one of them counts', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    await db
      .from('disputes')
      .where('id', dispute.id)
      .update({ respond_by: db.raw(`now() + interval '300 milliseconds'`) })
    const answers = []
    for (let wave = 0; wave < 6; wave++) {
      answers.push(
        api(freelancer).post(`disputes/${dispute.id}/answer`, { body: 'Here.' }),
        decideSilentDisputes()
      )
      await new Promise((resolve) => setTimeout(resolve, 80))
    }
    await Promise.all(answers)
    await decideSilentDisputes()
    const { status, answered_at: answeredAt } = await shown(client, dispute)
    assert.equal(status, answeredAt ? 'negotiating' : 'settled')
    await settle()
    assert.deepEqual(await breaks(), [])
  })

  test('the respondent is reminded before the answer is due, both before staff take over', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    assert.equal(await remindOfDisputes(), 0)
    await daysGoBy(dispute, 2)
    assert.equal(await remindOfDisputes(), 1)
    assert.equal(await remindOfDisputes(), 0)
    await daysGoBy(dispute, 2)
    assert.equal(await remindOfDisputes(), 1)
    assert.deepEqual(await newsOf(freelancer), [
      'dispute.opened',
      'dispute.reminder',
      'dispute.reminder',
    ])
    assert.deepEqual(await newsOf(client), [])
    await answer(freelancer, dispute)
    await daysGoBy(dispute, 7)
    assert.equal(await remindOfDisputes(), 1)
    assert.equal((await newsOf(client)).at(-1), 'dispute.reminder')
    assert.equal((await newsOf(freelancer)).at(-1), 'dispute.reminder')
  })
})

test.group('Disputes | escalation and withdrawal', (group) => {
  group.each.setup(() => resetAll())

  test('after the first answer either side asks staff to decide; before it nobody does', async ({
    assert,
  }) => {
    for (const by of ['client', 'freelancer'] as const) {
      const found = await fundedMilestone()
      const dispute = await openDispute(found.client, found.milestone)
      const path = `disputes/${dispute.id}/escalate`
      expectProblem(await api(found[by]).post(path), 409, 'wrong_state')
      await answer(found.freelancer, dispute)
      const now = expectData(await api(found[by]).post(path))
      assert.containsSubset(now, {
        status: 'escalated',
        escalated_by: found[by].id,
        escalated_reason: 'requested',
      })
      expectProblem(await api(found[by]).post(path), 409, 'wrong_state')
      const other = by === 'client' ? found.freelancer : found.client
      assert.equal((await newsOf(other)).at(-1), 'dispute.escalated')
      assert.notInclude(await newsOf(found[by]), 'dispute.escalated')
    }
  })

  test('withdrawn, the milestone goes on with what was left of its clock', async ({ assert }) => {
    const { client, freelancer, project, milestone } = await submittedMilestone()
    await db
      .from('milestones')
      .where('id', milestone.id)
      .update({ auto_approve_at: db.raw(`now() + interval '9 days'`) })
    const dispute = await openDispute(client, milestone)
    expectProblem(await api(freelancer).post(`disputes/${dispute.id}/withdraw`), 403)
    const now = expectData(await api(client).post(`disputes/${dispute.id}/withdraw`))
    assert.equal(now.status, 'withdrawn')
    assert.isNotNull(now.closed_at)
    const after = expectData(await api(client).get(`milestones/${milestone.id}`))
    assert.isFalse(after.frozen)
    assert.closeTo((Date.parse(after.auto_approve_at) - Date.now()) / 86_400_000, 9, 0.1)
    assert.equal(expectData(await api(client).get(`projects/${project.id}`)).status, 'active')
    assert.equal((await newsOf(freelancer)).at(-1), 'dispute.withdrawn')
    assert.deepEqual(await historyOf(dispute), ['dispute.opened', 'dispute.withdrawn'])
    expectProblem(await api(client).post(`disputes/${dispute.id}/withdraw`), 409, 'wrong_state')
    expectData(await pay(client, `milestones/${milestone.id}/approve`), 201)
  })

  test('who withdrew one opens no other for a week; the other side may', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    expectData(await api(client).post(`disputes/${dispute.id}/withdraw`))
    const path = `milestones/${milestone.id}/disputes`
    const refused = await api(client).post(path, because())
    assert.equal(expectProblem(refused, 409, 'dispute_withdrawn').dispute_id, dispute.id)
    const theirs = await openDispute(freelancer, milestone)
    expectData(await api(freelancer).post(`disputes/${theirs.id}/withdraw`))
    await db.from('disputes').update({ closed_at: db.raw(`now() - interval '8 days'`) })
    await openDispute(client, milestone)
  })

  test('once staff have decided the parties do nothing any more', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    await answer(freelancer, dispute)
    const offered = await offer(client, dispute, '500.00')
    expectData(await api(client).post(`disputes/${dispute.id}/escalate`))
    const [{ id: staffId }] = await db
      .table('staff')
      .insert({ email: 'dora@example.com', name: 'Dora', role: 'support' })
      .returning('id')
    await db
      .from('disputes')
      .where('id', dispute.id)
      .update({
        status: 'decided',
        decided_at: db.raw('now()'),
        decided_by: staffId,
        decision_reason: 'Not to be told yet.',
      })
    const path = `disputes/${dispute.id}`
    for (const refused of [
      await api(client).post(`${path}/messages`, { body: 'x' }),
      await api(client).post(`${path}/offers`, { to_freelancer: '1.00' }),
      await api(client).upload(`${path}/evidence`, 'file', 'x'),
      await api(client).post(`${path}/withdraw`),
      await api(client).post(`${path}/escalate`),
      await pay(freelancer, `offers/${offered.id}/accept`),
      await api(freelancer).post(`offers/${offered.id}/decline`),
    ]) {
      expectProblem(refused, 409, 'wrong_state')
    }
    const now = await shown(client, dispute)
    assert.deepEqual(now.may, [])
    assert.isNull(now.decision_reason)
  })
})
