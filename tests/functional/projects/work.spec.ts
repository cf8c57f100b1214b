import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { syncDisputed } from '#escrow/sync_disputed'
import { MILESTONE_TRANSITIONS, transition as moveMilestone } from '#escrow/milestone_states'
import { PROJECT_TRANSITIONS, transition as moveProject } from '#escrow/project_states'
import { SYSTEM } from '#escrow/record_activity'
import { MILESTONE_STATUSES } from '#models/milestone'
import { PROJECT_STATUSES } from '#models/project'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { activeProject, fundedMilestone } from '#tests/support/projects'
import { aClient, aFreelancer } from '#tests/support/users'

const work = { note: 'Here it is.', links: ['https://example.com/pages'] }

test.group('Projects | work', (group) => {
  group.each.setup(resetAll)

  test('work on a funded milestone is handed in and starts the clock', async ({ assert }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const path = `milestones/${milestone.id}`
    const submitted = expectData(await api(freelancer).post(`${path}/submit`, work))
    assert.containsSubset(submitted, {
      status: 'submitted',
      funded: true,
      submission: { ...work, submitted_by: freelancer.id, review: null },
      escrow: { held: '1000.00', released: '0.00' },
    })
    const { rows } = await db.rawQuery(
      `SELECT extract(epoch FROM auto_approve_at - now()) / 86400 AS days FROM milestones`
    )
    assert.closeTo(Number(rows[0].days), 14, 0.01)
    const [told] = expectData(await api(client).get('notifications'))
    assert.equal(told.kind, 'milestone.submitted')
    assert.equal(
      expectProblem(await api(freelancer).post(`${path}/submit`, work), 409).current_status,
      'submitted'
    )
  })

  test('work is rejected with reasons, which stops the clock, and handed in again', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const path = `milestones/${milestone.id}`
    expectProblem(await api(client).post(`${path}/reject`, { reason: 'Too early' }), 409)
    expectData(await api(freelancer).post(`${path}/submit`, work))
    expectProblem(await api(client).post(`${path}/reject`, {}), 422)
    const rejected = expectData(await api(client).post(`${path}/reject`, { reason: 'Wrong blue' }))
    assert.containsSubset(rejected, {
      status: 'rejected',
      auto_approve_at: null,
      submission: { review: 'rejected', review_reason: 'Wrong blue', reviewed_by: client.id },
    })
    const again = expectData(await api(freelancer).post(`${path}/submit`, { note: 'Other blue' }))
    assert.equal(again.submission.note, 'Other blue')
    assert.isNotNull(again.auto_approve_at)
  })

  test('what was handed in before stays readable for both sides, with what was said to it', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = await fundedMilestone()
    const path = `milestones/${milestone.id}`
    for (const round of ['first', 'second']) {
      expectData(await api(freelancer).post(`${path}/submit`, { ...work, note: round }))
      expectData(await api(client).post(`${path}/reject`, { reason: `Not the ${round}` }))
    }
    expectData(await api(freelancer).post(`${path}/submit`, { note: 'third' }))

    for (const side of [client, freelancer]) {
      const newest = await api(side).get(`${path}/submissions`, { query: { limit: 2 } })
      const [third, second] = expectData(newest)
      assert.containsSubset(third, { note: 'third', links: [], review: null, reviewed_at: null })
      assert.containsSubset(second, { note: 'second', review_reason: 'Not the second' })
      const after = newest.body.meta.next_cursor
      const oldest = await api(side).get(`${path}/submissions`, { query: { limit: 2, after } })
      assert.lengthOf(expectData(oldest), 1)
      assert.containsSubset(expectData(oldest)[0], {
        note: 'first',
        links: work.links,
        deliverables: [],
        submitted_by: freelancer.id,
        review: 'rejected',
        review_reason: 'Not the first',
        reviewed_by: client.id,
      })
      assert.isFalse(oldest.body.meta.has_more)
    }
    expectProblem(await api(await aFreelancer()).get(`${path}/submissions`), 404)
    expectProblem(await api(await aClient()).get(`${path}/submissions`), 404)
  })

  test('without money there is nothing to hand in for', async () => {
    const { freelancer, milestone } = await activeProject({ payable: false })
    const path = `milestones/${milestone.id}/submit`
    expectProblem(await api(freelancer).post(path, work), 409, 'not_funded')
  })

  test('only the freelancer hands in and only the client judges', async () => {
    const { client, freelancer, milestone } = await fundedMilestone()
    expectProblem(await api(client).post(`milestones/${milestone.id}/submit`, work), 403)
    const reason = 'Mine'
    expectProblem(await api(freelancer).post(`milestones/${milestone.id}/reject`, { reason }), 403)
  })

  test('work is a note with https links; files do not exist yet: {$self}')
    .with([
      {},
      { note: '' },
      { note: 'x', links: ['http://example.com'] },
      { note: 'x', links: ['javascript:alert(1)'] },
      { note: 'x', links: 'https://example.com' },
      { note: 'x', links: Array(21).fill('https://example.com') },
      { note: 'x', deliverable_ids: ['0193b3c4-0000-7000-8000-000000000000'] },
      { note: 'x\u0000' },
      { note: 5 },
    ])
    .run(async ({ assert }, body) => {
      const { freelancer, milestone } = await fundedMilestone()
      const path = `milestones/${milestone.id}/submit`
      expectProblem(await api(freelancer).post(path, body), 422, 'validation_failed')
      assert.isNull(await db.from('submissions').first())
    })

  test('a dispute freezes its milestone and shows on the project until it is settled', async ({
    assert,
  }) => {
    const { client, freelancer, project, milestone } = await fundedMilestone()
    const status = async () => expectData(await api(client).get(`projects/${project.id}`)).status
    await db.transaction(async (trx) => {
      await trx.table('disputes').insert({
        milestone_id: milestone.id,
        opened_by: client.id,
        respondent_id: freelancer.id,
        reason: 'No word for weeks',
        asked_amount: 100,
        currency: 'USD',
        respond_by: trx.raw(`now() + interval '5 days'`),
      })
      await syncDisputed(trx, project.id)
    })
    assert.equal(await status(), 'disputed')
    const path = `milestones/${milestone.id}/submit`
    expectProblem(await api(freelancer).post(path, work), 409, 'frozen')
    expectProblem(await api(client).post(`projects/${project.id}/cancel`), 409)

    await db.transaction(async (trx) => {
      await trx
        .from('disputes')
        .update({ status: 'withdrawn', closed_at: trx.raw('now()'), withdrawn_by: client.id })
      await syncDisputed(trx, project.id)
    })
    assert.equal(await status(), 'active')
    expectData(await api(freelancer).post(path, work))
  })

  test('history tells who did what, newest first', async ({ assert }) => {
    const { client, freelancer, project, milestone } = await fundedMilestone()
    expectData(await api(freelancer).post(`milestones/${milestone.id}/submit`, work))
    const lines = expectData(await api(client).get(`projects/${project.id}/activity`))
    assert.containsSubset(lines[0], {
      action: 'milestone.submitted',
      from_status: 'pending',
      to_status: 'submitted',
      actor: { type: 'user', id: freelancer.id },
      subject: { type: 'milestone', id: milestone.id },
    })
    const actions = lines.map(({ action }: { action: string }) => action)
    assert.includeMembers(actions, ['project.drafted', 'invitation.sent', 'project.accepted'])
  })

  test('parties write to each other, newest first', async ({ assert }) => {
    const { client, freelancer, project } = await activeProject({ payable: false })
    const path = `projects/${project.id}/messages`
    expectData(await api(client).post(path, { body: ' Hello ' }), 201)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expectData(await api(freelancer).post(path, { body: 'Good day' }), 201)
    const bodies = expectData(await api(client).get(path)).map((m: { body: string }) => m.body)
    assert.deepEqual(bodies, ['Good day', 'Hello'])
    const [told] = expectData(await api(client).get('notifications'))
    assert.equal(told.kind, 'message.received')
  })
})

test.group('Projects | transitions', (group) => {
  group.each.setup(resetAll)

  test('a milestone takes the arrows of its diagram and no other', async ({ assert }) => {
    const { milestone } = await activeProject({ payable: false })
    for (const from of MILESTONE_STATUSES) {
      for (const to of MILESTONE_STATUSES) {
        await db.from('milestones').where('id', milestone.id).update({ status: from })
        await db.from('activity').delete()
        const moved = await db
          .transaction((trx) => moveMilestone(trx, milestone, to, SYSTEM))
          .then(() => true)
          .catch((error) => {
            assert.containsSubset(error, { status: 409, extra: { current_status: from } })
            return false
          })
        assert.equal(moved, MILESTONE_TRANSITIONS[from].includes(to), `${from} to ${to}`)
        const lines = await db.from('activity')
        assert.lengthOf(lines, moved ? 1 : 0)
        if (moved) assert.containsSubset(lines[0], { from_status: from, to_status: to })
      }
    }
  })

  test('a project takes the arrows of its diagram and no other', async ({ assert }) => {
    const { project } = await activeProject({ payable: false })
    for (const from of PROJECT_STATUSES) {
      for (const to of PROJECT_STATUSES) {
        await db.from('projects').where('id', project.id).update({ status: from })
        const moved = await db
          .transaction((trx) => moveProject(trx, project, to, SYSTEM))
          .then(() => true)
          .catch(() => false)
        assert.equal(moved, PROJECT_TRANSITIONS[from].includes(to), `${from} to ${to}`)
      }
    }
  })
})
