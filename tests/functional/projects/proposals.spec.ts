import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { aDeposit, activeProject, fundedProject, inDays, type Case } from '#tests/support/projects'

const propose = (by: Case['client'], { project }: Case, proposal: object) =>
  api(by).post(`projects/${project.id}/proposals`, proposal)

test.group('Projects | proposals', (group) => {
  group.each.setup(resetAll)

  test('what both agreed to is not edited by one', async () => {
    const { client, freelancer, project, milestone } = await activeProject({ payable: false })
    const part = { title: 'P', description: 'D', amount: '1.00', due_date: inDays(9) }
    const [deal, one] = [`projects/${project.id}`, `milestones/${milestone.id}`]
    const code = 'proposal_required'
    expectProblem(await api(client).put(deal, { title: 'Other' }), 409, code)
    expectProblem(await api(client).post(`${deal}/milestones`, part), 409, code)
    expectProblem(await api(client).put(one, { title: 'Other' }), 409, code)
    expectProblem(await api(client).delete(one), 409, code)
    expectProblem(await api(freelancer).put(deal, { title: 'Other' }), 403)
    expectProblem(await api(freelancer).put(one, { title: 'Other' }), 403)
  })

  test('either side proposes and the other side accepts', async ({ assert }) => {
    const found = await activeProject({ payable: false, total: '2000.00' })
    const { client, freelancer, project } = found
    const sides = [
      { from: client, to: freelancer, title: 'From the client' },
      { from: freelancer, to: client, title: 'From the freelancer' },
    ]
    for (const { from, to, title } of sides) {
      const changes = { title }
      const made = expectData(await propose(from, found, { kind: 'change_project', changes }), 201)
      assert.containsSubset(made, { status: 'open', proposed_by: from.id, changes })
      const accept = `proposals/${made.id}/accept`
      expectProblem(await api(from).post(accept), 403)
      const accepted = expectData(await api(to).post(accept))
      assert.containsSubset(accepted, { status: 'accepted', decided_by: to.id })
      assert.equal(expectData(await api(to).get(`projects/${project.id}`)).title, title)
      assert.equal(expectProblem(await api(to).post(accept), 409).current_status, 'accepted')
    }
  })

  test('a proposal alone changes nothing, and neither does a declined one', async ({ assert }) => {
    const found = await activeProject({ payable: false })
    const { client, freelancer, milestone } = found
    const made = expectData(
      await propose(freelancer, found, {
        kind: 'change_milestone',
        milestone_id: milestone.id,
        changes: { amount: '1.00' },
      }),
      201
    )
    const amount = async () =>
      expectData(await api(client).get(`milestones/${milestone.id}`)).amount
    assert.equal(await amount(), '1000.00')
    expectData(await api(client).post(`proposals/${made.id}/decline`))
    assert.equal(await amount(), '1000.00')
    expectProblem(await api(client).post(`proposals/${made.id}/accept`), 409)
  })

  test('milestones are added, changed and removed by agreement', async ({ assert }) => {
    const found = await activeProject({ payable: false, total: '2000.00' })
    const { client, freelancer, project, milestone } = found
    const agree = async (proposal: object) => {
      const { id } = expectData(await propose(client, found, proposal), 201)
      return expectData(await api(freelancer).post(`proposals/${id}/accept`))
    }
    const changes = { title: 'More', description: 'D', amount: '1000.00', due_date: inDays(9) }
    const added = await agree({ kind: 'add_milestone', changes })
    const path = `milestones/${added.milestone_id}`
    assert.containsSubset(expectData(await api(client).get(path)), {
      title: 'More',
      amount: '1000.00',
      due_date: changes.due_date,
      status: 'pending',
    })
    await agree({
      kind: 'change_milestone',
      milestone_id: added.milestone_id,
      changes: { amount: '900.00' },
    })
    assert.equal(expectData(await api(client).get(path)).amount, '900.00')
    await agree({ kind: 'remove_milestone', milestone_id: added.milestone_id })
    expectProblem(await api(client).get(path), 404)
    const left = expectData(await api(client).get(`projects/${project.id}/milestones`))
    assert.deepEqual(
      left.map(({ id }: { id: string }) => id),
      [milestone.id]
    )
    await agree({ kind: 'change_project', changes: { total_amount: '1000.00' } })
  })

  test('what could not be accepted is not offered', async ({ assert }) => {
    const found = await activeProject({ payable: false })
    const { client, freelancer } = found
    const changes = { title: 'More', description: 'D', amount: '0.01', due_date: inDays(9) }
    expectProblem(await propose(client, found, { kind: 'add_milestone', changes }), 422)
    expectProblem(
      await propose(freelancer, found, {
        kind: 'change_project',
        changes: { total_amount: '999' },
      }),
      422
    )
    assert.isNull(await db.from('proposals').first())
  })

  test('two accepted additions cannot exceed the total together', async ({ assert }) => {
    const found = await activeProject({ payable: false, total: '1500.00' })
    const { client, freelancer } = found
    const changes = { title: 'More', description: 'D', amount: '300.00', due_date: inDays(9) }
    const offers = [1, 2].map(() => propose(client, found, { kind: 'add_milestone', changes }))
    const ids = (await Promise.all(offers)).map((answer) => expectData(answer, 201).id)
    const answers = await Promise.all(
      ids.map((id) => api(freelancer).post(`proposals/${id}/accept`))
    )
    assert.sameMembers(
      answers.map(({ status }) => status),
      [200, 422]
    )
  })

  test('a funded milestone keeps its amount, but a later date can be agreed', async () => {
    const found = await fundedProject({ total: '5000.00' })
    const { client, freelancer, milestone } = found
    const change = (changes: object) =>
      propose(client, found, { kind: 'change_milestone', milestone_id: milestone.id, changes })
    expectProblem(await change({ amount: '1500.00' }), 409, 'milestone_funded')
    expectProblem(
      await propose(client, found, { kind: 'remove_milestone', milestone_id: milestone.id }),
      409,
      'milestone_funded'
    )
    const { id } = expectData(await change({ due_date: inDays(40) }), 201)
    expectData(await api(freelancer).post(`proposals/${id}/accept`))
  })

  test('while a deposit is pending its milestone stays and the project is not cancelled', async () => {
    const found = await activeProject({ total: '5000.00' })
    const { client, freelancer, project, milestone } = found
    const offer = { kind: 'change_milestone', milestone_id: milestone.id, changes: { amount: '9' } }
    const { id } = expectData(await propose(client, found, offer), 201)
    await aDeposit(client, [milestone])
    expectProblem(await api(freelancer).post(`proposals/${id}/accept`), 409, 'deposit_pending')
    expectProblem(await propose(client, found, offer), 409, 'deposit_pending')
    expectProblem(await api(client).post(`projects/${project.id}/cancel`), 409, 'payment_pending')
  })

  test('a proposal whose date has passed is outdated', async () => {
    const found = await activeProject({ payable: false })
    const changes = { deadline: inDays(70) }
    const { id } = expectData(
      await propose(found.client, found, { kind: 'change_project', changes }),
      201
    )
    const past = JSON.stringify({ deadline: '2020-01-01T00:00:00.000Z' })
    await db.from('proposals').where('id', id).update({ changes: past })
    expectProblem(
      await api(found.freelancer).post(`proposals/${id}/accept`),
      409,
      'proposal_outdated'
    )
  })

  test("a proposal cannot reach another project's milestone", async () => {
    const [found, other] = [
      await activeProject({ payable: false }),
      await activeProject({ payable: false }),
    ]
    const changes = { title: 'Mine now' }
    const offer = { kind: 'change_milestone', milestone_id: other.milestone.id, changes }
    expectProblem(await propose(found.client, found, offer), 404)
  })
})
