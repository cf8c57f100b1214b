import { test } from '@japa/runner'
import { randomUUID } from 'node:crypto'
import db from '@adonisjs/lucid/services/db'
import { api, expectData, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { activeProject, aProject, fundedProject, inDays } from '#tests/support/projects'
import { aClient, aFreelancer } from '#tests/support/users'

const draft = (changes: object = {}) => ({
  title: 'A website',
  description: 'Three pages and a form.',
  total_amount: '1000.00',
  deadline: inDays(60),
  ...changes,
})

const milestone = (changes: object = {}) => ({
  title: 'Design',
  description: 'Drafts of every page.',
  amount: '400.00',
  due_date: inDays(30),
  ...changes,
})

test.group('Projects | drafts', (group) => {
  group.each.setup(resetAll)

  test('a client drafts a project and finds it as written', async ({ assert }) => {
    const client = await aClient()
    const made = expectData(await api(client).post('projects', draft()), 201)
    const seen = expectData(await api(client).get(`projects/${made.id}/`))
    assert.deepEqual(seen, made)
    assert.containsSubset(seen, {
      title: 'A website',
      total_amount: '1000.00',
      currency: 'USD',
      status: 'draft',
      client: { id: client.id, name: client.displayName },
      freelancer: null,
      platform_fee_bps: null,
    })
  })

  test('a freelancer drafts nothing', async () => {
    expectProblem(await api(await aFreelancer()).post('projects', draft()), 403, 'forbidden')
  })

  test('an unverified client may draft but not invite', async () => {
    const client = await aClient({ verified: false })
    const { id } = expectData(await api(client).post('projects', draft()), 201)
    const email = (await aFreelancer()).email
    expectProblem(
      await api(client).post(`projects/${id}/invitations`, { email }),
      403,
      'email_not_verified'
    )
  })

  test('an amount is a decimal string: {$self}')
    .with([
      1000,
      1e3,
      null,
      '',
      'abc',
      '-1',
      '0',
      '0.00',
      '1e3',
      '10.001',
      '100000000.00',
      ' 5',
      [],
    ])
    .run(async ({ assert }, total_amount) => {
      const client = await aClient()
      const problem = expectProblem(
        await api(client).post('projects', draft({ total_amount })),
        422
      )
      assert.equal(problem.errors[0].field, 'total_amount')
      assert.isNull(await db.from('projects').first())
    })

  test('a currency decides how many decimals there are', async ({ assert }) => {
    const client = await aClient()
    const yen = (total_amount: string) =>
      api(client).post('projects', draft({ currency: 'JPY', total_amount }))
    expectProblem(await yen('10.5'), 422)
    assert.equal(expectData(await yen('1050'), 201).total_amount, '1050')
    expectProblem(await api(client).post('projects', draft({ currency: 'XAU' })), 422)
  })

  test('a deadline is still to come and a real date: {$self}')
    .with(['2020-01-01T00:00:00Z', 'tomorrow', '2030-02-30', '', null, 4102444800, '+020000-01-01'])
    .run(async ({ assert }, deadline) => {
      const problem = expectProblem(
        await api(await aClient()).post('projects', draft({ deadline })),
        422
      )
      assert.equal(problem.errors[0].field, 'deadline')
    })

  test('a client edits the draft and what is not named stays', async ({ assert }) => {
    const { client, project } = await aProject()
    const path = `projects/${project.id}`
    const edited = expectData(await api(client).put(path, { title: 'Another' }))
    assert.containsSubset(edited, { title: 'Another', total_amount: '1000.00' })
    expectProblem(await api(client).put(path, {}), 422)
    expectProblem(await api(client).put(path, { titel: 'Another' }), 422)
  })

  test('nobody sets who is who, or the state, by naming columns', async ({ assert }) => {
    const [client, freelancer] = [await aClient(), await aFreelancer()]
    const smuggled = {
      status: 'active',
      freelancer_id: freelancer.id,
      client_id: freelancer.id,
      platform_fee_bps: 0,
      id: freelancer.id,
    }
    const made = expectData(await api(client).post('projects', draft(smuggled)), 201)
    assert.containsSubset(made, { status: 'draft', freelancer: null, client: { id: client.id } })
    assert.notEqual(made.id, freelancer.id)
    expectProblem(await api(client).put(`projects/${made.id}`, smuggled), 422)
  })

  test('a total cannot go below what the milestones take', async () => {
    const { client, project } = await aProject()
    expectData(await api(client).post(`projects/${project.id}/milestones`, milestone()), 201)
    expectProblem(await api(client).put(`projects/${project.id}`, { total_amount: '399.99' }), 422)
    expectData(await api(client).put(`projects/${project.id}`, { total_amount: '400.00' }))
  })

  test('a currency changes only with its total and before there are milestones', async ({
    assert,
  }) => {
    const { client, project } = await aProject()
    const path = `projects/${project.id}`
    expectProblem(await api(client).put(path, { currency: 'EUR' }), 422)
    const euros = expectData(await api(client).put(path, { currency: 'EUR', total_amount: '900' }))
    assert.containsSubset(euros, { currency: 'EUR', total_amount: '900.00' })
    expectData(await api(client).post(`${path}/milestones`, milestone()), 201)
    expectProblem(await api(client).put(path, { currency: 'USD', total_amount: '900' }), 422)
  })

  test('only a draft is deleted', async ({ assert }) => {
    const { client, project } = await aProject()
    expectData(await api(client).post(`projects/${project.id}/milestones`, milestone()), 201)
    assert.equal((await api(client).delete(`projects/${project.id}`)).status, 204)
    expectProblem(await api(client).get(`projects/${project.id}`), 404)

    const active = await activeProject({ payable: false })
    const path = `projects/${active.project.id}`
    assert.equal(
      expectProblem(await api(active.client).delete(path), 409, 'wrong_state').current_status,
      'active'
    )
    expectProblem(await api(active.freelancer).delete(path), 403)
  })
})

test.group('Projects | milestones of a draft', (group) => {
  group.each.setup(resetAll)

  test('milestones may not add up to more than the project', async () => {
    const { client, project } = await aProject()
    const add = (amount: string) =>
      api(client).post(`projects/${project.id}/milestones`, milestone({ amount }))
    const first = expectData(await add('600.00'), 201)
    expectProblem(await add('400.01'), 422, 'validation_failed')
    expectData(await add('400.00'), 201)
    expectProblem(await add('0.01'), 422)
    expectProblem(await api(client).put(`milestones/${first.id}`, { amount: '600.01' }), 422)
    expectData(await api(client).put(`milestones/${first.id}`, { amount: '599.99' }))
    expectData(await add('0.01'), 201)
  })

  test('20 milestones created at once cannot slip past the total together', async ({ assert }) => {
    const { client, project } = await aProject()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        api(client).post(`projects/${project.id}/milestones`, milestone({ amount: '300.00' }))
      )
    )
    assert.equal(answers.filter(({ status }) => status === 201).length, 3)
    assert.equal(answers.filter(({ status }) => status === 422).length, 17)
    const [{ sum }] = await db.from('milestones').sum('amount as sum')
    assert.equal(Number(sum), 90_000)
  })

  test('a milestone is read, edited and deleted while the project is a draft', async ({
    assert,
  }) => {
    const { client, project } = await aProject()
    const made = expectData(
      await api(client).post(`projects/${project.id}/milestones`, milestone()),
      201
    )
    assert.containsSubset(made, {
      project_id: project.id,
      amount: '400.00',
      currency: 'USD',
      status: 'pending',
      deliverables: [],
      funded: false,
      submission: null,
      escrow: { held: '0.00', released: '0.00' },
    })
    assert.deepEqual(expectData(await api(client).get(`milestones/${made.id}`)), made)
    const edited = expectData(await api(client).put(`milestones/${made.id}`, { title: 'Pages' }))
    assert.equal(edited.title, 'Pages')
    assert.equal((await api(client).delete(`milestones/${made.id}`)).status, 204)
    expectProblem(await api(client).get(`milestones/${made.id}`), 404)
    assert.deepEqual(expectData(await api(client).get(`projects/${project.id}/milestones`)), [])
  })
})

test.group('Projects | lists', (group) => {
  group.each.setup(resetAll)

  test('pages hold every project once, newest first', async ({ assert }) => {
    const client = await aClient()
    const ids: string[] = []
    for (let n = 0; n < 7; n++) ids.push((await aProject({ client })).project.id)
    await aProject()

    const seen: string[] = []
    let after: string | undefined
    do {
      const { body } = await api(client).get('projects', {
        query: { limit: 3, ...(after && { after }) },
      })
      seen.push(...body.data.map(({ id }: { id: string }) => id))
      after = body.meta.next_cursor ?? undefined
    } while (after)
    assert.deepEqual(seen, ids.toSorted().reverse())
    assert.sameMembers(seen, ids)
  })

  test('a list shows what a single project shows', async ({ assert }) => {
    const { client, freelancer, project } = await activeProject({ payable: false })
    for (const user of [client, freelancer]) {
      const [listed] = expectData(await api(user).get('projects'))
      const shown = expectData(await api(user).get(`projects/${project.id}`))
      assert.containsSubset(shown, listed)
      assert.equal(listed.freelancer.name, freelancer.displayName)
      assert.equal(listed.client.id, client.id)
    }
  })

  test('a list is filtered by status', async ({ assert }) => {
    const { client } = await activeProject({ payable: false })
    const { project } = await aProject({ client })
    const drafts = expectData(await api(client).get('projects', { query: { status: 'draft' } }))
    assert.deepEqual(
      drafts.map(({ id }: { id: string }) => id),
      [project.id]
    )
    assert.lengthOf(expectData(await api(client).get('projects')), 2)
  })

  test('rubbish in a query is refused: {$self}')
    .with([
      'limit=0',
      'limit=101',
      'limit=x',
      'limit=1.5',
      'after=x',
      'after=',
      'status=gone',
      'after[]=1',
    ])
    .run(async (_, query) => {
      expectProblem(await api(await aClient()).get(`projects?${query}`), 422, 'validation_failed')
    })
})

test.group('Projects | endings', (group) => {
  group.each.setup(resetAll)

  test('a draft is cancelled and its invitation with it', async ({ assert }) => {
    const { client, project } = await aProject()
    const { email } = await aFreelancer()
    expectData(await api(client).post(`projects/${project.id}/invitations`, { email }), 201)
    const cancelled = expectData(await api(client).post(`projects/${project.id}/cancel`))
    assert.equal(cancelled.status, 'cancelled')
    assert.equal((await db.from('invitations').firstOrFail()).status, 'revoked')
    const again = await api(client).post(`projects/${project.id}/cancel`)
    assert.equal(expectProblem(again, 409, 'wrong_state').current_status, 'cancelled')
  })

  test('either side may cancel a project without money in it', async ({ assert }) => {
    const { freelancer, project, client } = await activeProject({ payable: false })
    const path = `projects/${project.id}`
    expectProblem(await api(freelancer).post(`${path}/complete`), 403)
    assert.equal(expectData(await api(freelancer).post(`${path}/cancel`)).status, 'cancelled')
    const [told] = expectData(await api(client).get('notifications'))
    assert.equal(told.kind, 'project.cancelled')
  })

  test('a project that holds money is neither cancelled nor completed', async () => {
    const { client, project } = await fundedProject()
    expectProblem(await api(client).post(`projects/${project.id}/cancel`), 409, 'money_held')
    expectProblem(await api(client).post(`projects/${project.id}/complete`), 409, 'not_finished')
  })

  test('a project whose milestones are its total completes by itself, another on request', async ({
    assert,
  }) => {
    for (const [total, status] of [
      ['1000.00', 'completed'],
      ['5000.00', 'active'],
    ]) {
      const { client, freelancer, project, milestone: only } = await fundedProject({ total })
      const path = `milestones/${only.id}`
      expectData(await api(freelancer).post(`${path}/submit`, { note: 'Done' }))
      const idempotencyKey = randomUUID()
      expectData(await api(client).post(`${path}/approve`, {}, { idempotencyKey }), 201)
      assert.equal(expectData(await api(client).get(`projects/${project.id}`)).status, status)
      if (status === 'active') {
        const done = expectData(await api(client).post(`projects/${project.id}/complete`))
        assert.equal(done.status, 'completed')
      }
      expectProblem(await api(client).post(`projects/${project.id}/complete`), 409, 'wrong_state')
    }
  })
})
