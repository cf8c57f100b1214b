import { test } from '@japa/runner'
import { setTimeout as sleep } from 'node:timers/promises'
import db from '@adonisjs/lucid/services/db'
import { invitationToken } from '#escrow/invitation_token'
import type User from '#models/user'
import { eraseUser } from '#privacy/erase_user'
import { Problem } from '#exceptions/problem'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { settle } from '#tests/support/jobs'
import { breaks } from '#tests/support/ledger'
import { activeProject, aProject, fundedMilestone, inDays, pay } from '#tests/support/projects'
import { aClient, aFreelancer, tokenOf } from '#tests/support/users'
import { whereItIsSaid } from './dump.js'

const ROUNDS = 12

/** Whether the user was erased, or was refused to be. */
async function erased(user: User): Promise<boolean> {
  try {
    await eraseUser(user.id, { by: 'user' })
    return true
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.code !== 'erasure_refused') throw problem
    return false
  }
}

/** Both at about the same moment, a little this way or that. */
async function together<T>(round: number, act: () => Promise<T>, user: User) {
  const offset = (round - ROUNDS / 2) * 3
  const [answer, gone] = await Promise.all([
    sleep(Math.max(0, offset)).then(act),
    sleep(Math.max(0, -offset)).then(() => erased(user)),
  ])
  return { answer, gone }
}

/** Nobody who is erased is a party of anything that is under way. */
async function leftHalf(): Promise<unknown[]> {
  const { rows } = await db.rawQuery(
    `SELECT p.id, p.status FROM projects p JOIN users u ON u.id IN (p.client_id, p.freelancer_id)
      WHERE u.erased_at IS NOT NULL AND p.status IN ('draft', 'active', 'disputed')
     UNION ALL
     SELECT s.id, 'session' FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.erased_at IS NOT NULL
     UNION ALL
     SELECT a.id, 'account' FROM payout_accounts a JOIN users u ON u.id = a.user_id
      WHERE u.erased_at IS NOT NULL AND a.deleted_at IS NULL`
  )
  return rows
}

test.group('An erasure and what happens at the same moment', (group) => {
  group.each.setup(resetAll)

  test('an invitation is accepted, or who accepts it is erased, and never both', async ({
    assert,
  }) => {
    const outcomes = new Set<string>()
    for (let round = 0; round < ROUNDS; round++) {
      const freelancer = await aFreelancer()
      const { client, project } = await aProject()
      const path = `projects/${project.id}`
      const milestone = { title: 'T', description: 'D', amount: '10.00', due_date: inDays(9) }
      expectData(await api(client).post(`${path}/milestones`, milestone), 201)
      const { id } = expectData(
        await api(client).post(`${path}/invitations`, { email: freelancer.email }),
        201
      )
      await tokenOf(freelancer)
      // The client's erasure takes the draft away; the freelancer's leaves it to be offered to others.
      const leaving = round % 2 ? client : freelancer
      const accept = () => api(freelancer).post(`invitations/${invitationToken(id)}/accept`)
      const { answer, gone } = await together(round, accept, leaving)
      // Refused as what the erasure had come to by then: signed out, not invited, declined, no draft.
      assert.include([200, 401, 403, 404, 409], answer.status, JSON.stringify(answer.body))
      assert.notEqual(answer.status === 200, gone, JSON.stringify(answer.body))
      outcomes.add(gone ? 'erased' : 'accepted')
    }
    assert.deepEqual(await leftHalf(), [])
    assert.sameMembers([...outcomes], ['erased', 'accepted'])
  })

  test('a project is drafted, a message sent or a sign-in made, or nothing is left of it', async ({
    assert,
  }) => {
    for (let round = 0; round < ROUNDS; round++) {
      const client = await aClient()
      await tokenOf(client)
      const draft = () =>
        api(client).post('projects', {
          title: 'A website',
          description: 'Three pages.',
          total_amount: '10.00',
          deadline: inDays(60),
        })
      const { answer, gone } = await together(round, draft, client)
      assert.isTrue(gone)
      assert.include([201, 401], answer.status, JSON.stringify(answer.body))
    }
    assert.deepEqual(await leftHalf(), [])
  })

  test('a payout account is added before the erasure, and closed by it, or not at all', async ({
    assert,
  }) => {
    for (let round = 0; round < ROUNDS; round++) {
      const freelancer = await aFreelancer()
      await tokenOf(freelancer)
      const add = () =>
        api(freelancer).post('payments/payout-accounts', {
          payment_provider: 'paypal',
          destination: `f${round}@example.com`,
        })
      const { answer, gone } = await together(round, add, freelancer)
      assert.isTrue(gone)
      assert.include([201, 401], answer.status, JSON.stringify(answer.body))
    }
    assert.deepEqual(await leftHalf(), [])
    assert.deepEqual(await db.from('payout_accounts').whereNot('destination', ''), [])
  })

  test('a profile that is being changed is changed before, or not at all', async ({ assert }) => {
    for (let round = 0; round < ROUNDS; round++) {
      const client = await aClient()
      await tokenOf(client)
      const change = () =>
        api(client).put('users/profile', { first_name: 'Nadezhda', bio: 'My bio.' })
      const { answer, gone } = await together(round, change, client)
      assert.isTrue(gone)
      assert.include([200, 401], answer.status, JSON.stringify(answer.body))
    }
    assert.deepEqual(await whereItIsSaid(['Nadezhda', 'My bio.']), [])
  })

  test('a deposit and a release go on as if nobody had tried', async ({ assert }) => {
    const found = await activeProject({ amounts: ['10.00'] })
    const deposit = () =>
      pay(found.client, 'payments/deposit', {
        milestone_ids: [found.milestone.id],
        payment_provider: 'stripe',
      })
    const first = await together(ROUNDS / 2, deposit, found.client)
    assert.equal(first.answer.status, 201)
    assert.isFalse(first.gone)

    const { client, freelancer, milestone } = await fundedMilestone()
    const release = () => pay(client, 'payments/release', { milestone_id: milestone.id })
    const [answer, one, two] = await Promise.all([release(), erased(client), erased(freelancer)])
    assert.equal(answer.status, 201)
    // The client may be done the moment that the project completes; the freelancer has a payout to get.
    assert.isFalse(two)
    await settle()
    assert.isBoolean(one)
    assert.isTrue(await erased(freelancer))
    assert.deepEqual(await breaks(), [])
    assert.deepEqual(await leftHalf(), [])
  })

  test('two erasures of one person are one', async ({ assert }) => {
    const client = await aClient()
    const results = await Promise.allSettled([erased(client), erased(client), erased(client)])
    assert.lengthOf(
      results.filter(({ status }) => status === 'fulfilled'),
      1
    )
    assert.lengthOf(await db.from('erasures').where('user_id', client.id), 1)
  })

  test('whatever is written for an erased user past the application is refused', async ({
    assert,
  }) => {
    const client = await aClient()
    await eraseUser(client.id, { by: 'user' })
    const insert = () =>
      db.table('sessions').insert({ user_id: client.id, expires_at: db.raw('now()') })
    await assert.rejects(insert, /the user is erased/)
    const revive = () => db.from('users').where('id', client.id).update({ first_name: 'Clara' })
    await assert.rejects(revive, /the user is erased/)
    const bio = () => db.from('profiles').where('user_id', client.id).update({ bio: 'I am back.' })
    await assert.rejects(bio, /the user is erased/)
    await assert.rejects(() => db.from('erasures').delete(), /stays erased/)
  })
})
