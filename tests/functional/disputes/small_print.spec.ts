import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { decideSilentDisputes } from '#escrow/disputes/decide_silent_disputes'
import { remindOfDisputes } from '#escrow/disputes/remind_of_disputes'
import { letUserBack } from '#identity/let_user_back'
import { suspendUser } from '#identity/suspend_user'
import { isOutdated } from '#notifications/mail/outdated'
import Notification from '#models/notification'
import type User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { fundedMilestone, pay } from '#tests/support/projects'
import { member } from '#tests/support/two_people'
import { decided, disputed, freshStart } from '../payments/chargebacks.js'
import { answer, because, daysGoBy, newsOf, offer, openDispute, shown } from './parties.js'

/** The newest notification of a kind, which may have become outdated. */
const told = (user: User, kind: string) =>
  Notification.query().where({ userId: user.id, kind }).orderBy('seq', 'desc').firstOrFail()

/** Over so much, answered. */
async function negotiation(amount = '100.00') {
  const found = await fundedMilestone({ amount })
  const dispute = await openDispute(found.client, found.milestone)
  await answer(found.freelancer, dispute)
  return { ...found, dispute }
}

test.group('Disputes | what is told and what is taken', (group) => {
  group.each.setup(() => freshStart())

  test('a deadline is told with its time of day', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const { respond_by: until } = await openDispute(client, milestone)
    const { body } = await told(freelancer, 'dispute.opened')
    assert.include(body, `by ${until.slice(0, 10)}, ${until.slice(11, 16)} UTC`)
  })

  test('what asks to do what cannot be done any more is outdated', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone({ amount: '100.00' })
    const dispute = await openDispute(client, milestone)
    const opened = await told(freelancer, 'dispute.opened')
    assert.isFalse(await isOutdated(opened))
    await daysGoBy(dispute, 3)
    await remindOfDisputes()
    const reminder = await told(freelancer, 'dispute.reminder')
    assert.isFalse(await isOutdated(reminder))
    await answer(freelancer, dispute)
    assert.isTrue(await isOutdated(opened))
    assert.isTrue(await isOutdated(reminder))

    await offer(client, dispute, '60.00')
    const first = await told(freelancer, 'dispute.offered')
    assert.isFalse(await isOutdated(first))
    await offer(client, dispute, '50.00')
    assert.isTrue(await isOutdated(first))

    expectData(await pay(client, `disputes/${dispute.id}/equal-split`))
    const split = await told(freelancer, 'dispute.split_chosen')
    assert.isFalse(await isOutdated(split))
    expectData(await api(client).delete(`disputes/${dispute.id}/equal-split`))
    assert.isTrue(await isOutdated(split))

    expectData(await api(freelancer).post(`disputes/${dispute.id}/escalate`))
    const answered = await told(client, 'dispute.answered')
    const escalated = await told(client, 'dispute.escalated')
    assert.isTrue(await isOutdated(answered))
    assert.isFalse(await isOutdated(escalated))
    expectData(await api(client).post(`disputes/${dispute.id}/withdraw`))
    assert.isTrue(await isOutdated(escalated))
    assert.isFalse(await isOutdated(await told(freelancer, 'dispute.withdrawn')))
  })

  test('after its time an answer is neither offered nor asked for', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    await daysGoBy(dispute, 6)
    assert.deepEqual((await shown(freelancer, dispute)).may, ['evidence'])
    for (const [path, body] of [
      ['answer', { body: 'Late.' }],
      ['messages', { body: 'Late.' }],
      ['offers', { to_freelancer: '1.00' }],
    ] as const) {
      expectProblem(
        await api(freelancer).post(`disputes/${dispute.id}/${path}`, body),
        409,
        'time_over'
      )
    }
  })

  test('what would settle is not offered while the bank freezes, or of an offer that is outdated', async ({
    assert,
  }) => {
    const { client, freelancer, dispute } = await negotiation()
    await offer(client, dispute, '60.00')
    expectData(await pay(client, `disputes/${dispute.id}/equal-split`))
    assert.includeMembers((await shown(freelancer, dispute)).may, ['accept', 'equal_split'])
    const chargeback = await disputed({ amount: 5000 })
    const frozen = (await shown(freelancer, dispute)).may
    assert.notInclude(frozen, 'accept')
    assert.notInclude(frozen, 'equal_split')
    assert.include(frozen, 'decline')
    await decided(chargeback, 'lost')
    const outdated = (await shown(freelancer, dispute)).may
    assert.notInclude(outdated, 'accept')
    assert.includeMembers(outdated, ['decline', 'equal_split'])
  })

  test('a split that does not add up, or another currency, is refused; one that agrees is taken', async ({
    assert,
  }) => {
    const { client, milestone } = await fundedMilestone({ amount: '200.00' })
    const open = `milestones/${milestone.id}/disputes`
    expectProblem(await api(client).post(open, { ...because('5.00'), currency: 'EUR' }), 422)
    const dispute = expectData(
      await api(client).post(open, { ...because('5.00'), currency: 'USD' }),
      201
    )
    const path = `disputes/${dispute.id}/offers`
    const half = { to_freelancer: '100.00', to_client: '50.00' }
    const { errors } = expectProblem(await api(client).post(path, half), 422, 'validation_failed')
    assert.containsSubset(errors, [{ field: 'to_client' }])
    expectProblem(await api(client).post(path, { to_freelancer: '1.00', currency: 'EUR' }), 422)
    const fits = { to_freelancer: '100.00', to_client: '100.00', currency: 'USD' }
    assert.containsSubset(expectData(await api(client).post(path, fits), 201), fits)
  })

  test('all offers can be listed, page by page, newest first', async ({ assert }) => {
    const { client, freelancer, dispute } = await negotiation()
    for (const amount of ['10.00', '20.00', '30.00']) await offer(client, dispute, amount)
    const path = `disputes/${dispute.id}/offers`
    const first = await api(freelancer).get(path, { query: { limit: 2 } })
    const second = await api(freelancer).get(path, {
      query: { limit: 2, after: first.body.meta.next_cursor },
    })
    assert.deepEqual(
      [...expectData(first), ...expectData(second)].map((one: any) => one.to_freelancer),
      ['30.00', '20.00', '10.00']
    )
    expectProblem(await api((await fundedMilestone()).client).get(path), 404)
  })

  test('silence does not decide against somebody whom we have shut out: it goes to staff', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    const admin = await member('admin')
    const act = { actor: { type: 'staff' as const, id: admin.id }, reason: 'It looks like fraud.' }
    await suspendUser(freelancer.id, act)
    await daysGoBy(dispute, 4)
    assert.equal(await remindOfDisputes(), 0)
    await daysGoBy(dispute, 2)
    assert.deepEqual(await decideSilentDisputes(), { settled: 0, escalated: 1 })
    const now = await shown(client, dispute)
    assert.containsSubset(now, {
      status: 'escalated',
      escalated_reason: 'could_not_answer',
      escalated_by: null,
    })
    assert.include(await newsOf(client), 'dispute.escalated')
  })

  test('who is let back has all of the time for an answer again', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const dispute = await openDispute(client, milestone)
    const admin = await member('admin')
    const act = { actor: { type: 'staff' as const, id: admin.id }, reason: 'It looks like fraud.' }
    await suspendUser(freelancer.id, act)
    await daysGoBy(dispute, 6)
    await letUserBack(freelancer.id, act)
    const row = await db.from('disputes').where('id', dispute.id).firstOrFail()
    assert.closeTo((Number(row.respond_by) - Date.now()) / 86_400_000, 5, 0.1)
    assert.deepEqual(await decideSilentDisputes(), { settled: 0, escalated: 0 })
    const news = await Notification.query().where({ userId: freelancer.id, kind: 'dispute.opened' })
    assert.lengthOf(news, 2)
  })
})
