import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { changeSetting } from '#escrow/settings'
import { invitationToken } from '#escrow/invitation_token'
import type Milestone from '#models/milestone'
import type User from '#models/user'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { activeProject, aProject, inDays } from '#tests/support/projects'
import { aClient, aFreelancer, aUser } from '#tests/support/users'

const quoteOf = (user: User, milestones: { id: string }[]) => {
  const query = milestones.map(({ id }) => `milestone_ids[]=${id}`).join('&')
  return api(user).get(`payments/quote?${query}`)
}

/** A draft with milestones of these amounts, and somebody who was invited to it. */
async function anOffer(email: string, amounts: string[]) {
  const { client, project } = await aProject()
  const milestones: Milestone[] = []
  for (const amount of amounts) {
    const part = { title: 'A part', description: 'Of it.', amount, due_date: inDays(30) }
    const path = `projects/${project.id}/milestones`
    milestones.push(expectData(await api(client).post(path, part), 201))
  }
  const invitation = expectData(
    await api(client).post(`projects/${project.id}/invitations`, { email }),
    201
  )
  return { client, project, milestones, token: invitationToken(invitation.id) }
}

test.group('A quote', (group) => {
  group.each.setup(resetAll)

  test('of what an invitation offers is given before it is accepted, and holds afterwards', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    const offer = await anOffer(freelancer.email, ['33.33', '66.69'])
    const [{ project: shown }] = expectData(await api(freelancer).get('invitations'))
    const before = expectData(await quoteOf(freelancer, shown.milestones))
    // 3.333 and 6.669, rounded down each.
    assert.containsSubset(before, {
      amount: '100.02',
      currency: 'USD',
      platform_fee_bps: 1000,
      platform_fee: '9.99',
      net: '90.03',
    })
    assert.deepEqual(expectData(await quoteOf(offer.client, offer.milestones)), before)
    expectData(await api(freelancer).post(`invitations/${offer.token}/accept`))
    await db.transaction((trx) => changeSetting(trx, 'platform_fee_bps', 2000, 'test'))
    assert.deepEqual(expectData(await quoteOf(freelancer, offer.milestones)), before)
    assert.deepEqual(expectData(await quoteOf(offer.client, offer.milestones)), before)
  })

  test('is nobody else’s, nor of an offer that is no more, nor of two projects at once', async () => {
    const freelancer = await aFreelancer()
    const { milestones, client, token } = await anOffer(freelancer.email, ['10.00'])
    for (const stranger of [await aClient(), await aFreelancer()]) {
      expectProblem(await quoteOf(stranger, milestones), 404)
    }
    const other = await anOffer(freelancer.email, ['20.00'])
    const both = [...milestones, ...other.milestones]
    expectProblem(await quoteOf(freelancer, both), 422)
    expectProblem(await quoteOf(client, both), 404)
    expectProblem(await quoteOf(freelancer, [...milestones, { id: randomUUID() }]), 404)
    await db
      .from('invitations')
      .where('project_id', other.project.id)
      .update({ expires_at: db.raw(`now() - interval '1 second'`) })
    expectProblem(await quoteOf(freelancer, other.milestones), 404)
    expectData(await api(freelancer).post(`invitations/${token}/decline`))
    expectProblem(await quoteOf(freelancer, milestones), 404)
  })

  test('is not for who has not proven that the invited address is theirs', async () => {
    const email = 'somebody@example.com'
    const { milestones } = await anOffer(email, ['10.00'])
    const newcomer = await aUser({ type: 'freelancer', email, verified: false })
    expectProblem(await quoteOf(newcomer, milestones), 404)
    await db.from('users').where('id', newcomer.id).update({ is_verified: true })
    expectData(await quoteOf(newcomer, milestones))
  })

  test('of an amount says fee, net, and who would carry it', async ({ assert }) => {
    const quoted = expectData(await api(await aFreelancer()).get('payments/quote?amount=1250.00'))
    assert.containsSubset(quoted, {
      amount: '1250.00',
      platform_fee: '125.00',
      net: '1125.00',
    })
    const stripe = quoted.payment_providers.find((each: any) => each.payment_provider === 'stripe')
    assert.isTrue(stripe.accepted)
  })
})

test.group('A message thread', (group) => {
  group.each.setup(resetAll)

  test('begins with acceptance, tells the other side only, and outlives the project', async ({
    assert,
  }) => {
    const draft = await aProject()
    const early = await api(draft.client).post(`projects/${draft.project.id}/messages`, {
      body: 'Anybody here?',
    })
    assert.equal(expectProblem(early, 409, 'wrong_state').current_status, 'draft')

    const { client, freelancer, project } = await activeProject({ payable: false })
    const path = `projects/${project.id}/messages`
    const heard = async (user: User) =>
      expectData(await api(user).get('notifications?limit=100')).filter(
        ({ kind }: { kind: string }) => kind === 'message.received'
      )
    const { id } = expectData(await api(client).post(path, { body: 'Hello' }), 201)
    const [told, ...others] = await heard(freelancer)
    assert.isEmpty(others)
    assert.containsSubset(told.data, { project_id: project.id, message_id: id })
    assert.isEmpty(await heard(client))

    expectData(await api(client).post(`projects/${project.id}/cancel`, {}))
    expectData(await api(freelancer).post(path, { body: 'A pity' }), 201)
    assert.lengthOf(await heard(client), 1)
    const thread = expectData(await api(client).get(path))
    assert.deepEqual(
      thread.map((each: any) => [each.sender_id, each.body]),
      [
        [freelancer.id, 'A pity'],
        [client.id, 'Hello'],
      ]
    )
  })

  test('is read page by page, and by nobody else', async ({ assert }) => {
    const { client, freelancer, project } = await activeProject({ payable: false })
    const path = `projects/${project.id}/messages`
    for (const body of ['1', '2', '3', '4', '5']) {
      expectData(await api(client).post(path, { body }), 201)
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
    const read: string[] = []
    let after: string | undefined
    do {
      const { body } = await api(freelancer).get(path, {
        query: { limit: 2, ...(after && { after }) },
      })
      read.push(...body.data.map((each: any) => each.body))
      after = body.meta.next_cursor ?? undefined
    } while (after)
    assert.deepEqual(read, ['5', '4', '3', '2', '1'])
    for (const stranger of [await aClient(), await aFreelancer()]) {
      expectProblem(await api(stranger).get(path), 404)
      expectProblem(await api(stranger).post(path, { body: 'Me too' }), 404)
    }
  })
})

test.group('A public profile', (group) => {
  group.each.setup(resetAll)

  test('is for the other party and for who is invited, and shows no address', async ({
    assert,
  }) => {
    const freelancer = await aFreelancer()
    const { client, token } = await anOffer(freelancer.email, ['10.00'])
    // The client learns nothing of who they have written to before it is accepted.
    expectProblem(await api(client).get(`users/${freelancer.id}`), 404)
    expectData(await api(freelancer).get(`users/${client.id}`))
    expectData(await api(freelancer).post(`invitations/${token}/accept`))
    for (const [user, other] of [
      [client, freelancer],
      [freelancer, client],
    ]) {
      const profile = expectData(await api(user).get(`users/${other.id}`))
      assert.include(profile, { id: other.id, first_name: other.firstName })
      assert.notInclude(JSON.stringify(profile), '@')
    }
    for (const stranger of [await aClient(), await aFreelancer()]) {
      expectProblem(await api(stranger).get(`users/${client.id}`), 404)
      expectProblem(await api(stranger).get(`users/${freelancer.id}`), 404)
    }
  })
})
