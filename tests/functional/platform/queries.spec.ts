import edge from 'edge.js'
import { test } from '@japa/runner'
import type User from '#models/user'
import { api, expectData } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { countQueries } from '#tests/support/queries'
import { fundedProject, type Case } from '#tests/support/projects'

/**
 * What the most frequent requests send to the database, the look at the session included. More is not wrong,
 * but somebody should have meant it.
 */
test.group('Statements of a request', (group) => {
  let funded: Case
  let deposit: { id: string }
  group.setup(async () => {
    await resetAll()
    funded = await fundedProject()
    ;[deposit] = expectData(await api(funded.client).get('payments/transactions'))
  })

  const statements = async (user: User, path: string): Promise<number> => {
    // The first look prepares what is kept.
    await api(user).get(path)
    return countQueries(async () => expectData(await api(user).get(path)))
  }

  test('lists take one for the page, and one for each kind of record that a page shows besides', async ({
    assert,
  }) => {
    const { client, freelancer, milestone } = funded
    assert.equal(await statements(client, 'projects'), 2)
    assert.equal(await statements(client, 'notifications'), 3)
    assert.equal(await statements(client, 'payments/refunds'), 2)
    assert.equal(await statements(freelancer, 'payments/payouts'), 2)
    assert.equal(await statements(client, 'payments/transactions'), 5)
    const ofMilestone = `payments/transactions?milestone_id=${milestone.id}`
    assert.equal(await statements(client, ofMilestone), 7)
  })

  test('a project takes one for itself and one for the other party', async ({ assert }) => {
    const path = `projects/${funded.project.id}`
    assert.equal(await statements(funded.client, path), 3)
    assert.equal(await statements(funded.freelancer, path), 3)
  })

  test('a payment that is over is read once', async ({ assert }) => {
    assert.equal(await statements(funded.client, `payments/transactions/${deposit.id}`), 5)
  })
})

test.group('A request of the API', (group) => {
  group.setup(async () => {
    await resetAll()
  })

  test('costs no renderer of views, which it has no use for', async ({ assert }) => {
    const { client } = await fundedProject()
    const createRenderer = edge.createRenderer.bind(edge)
    let made = 0
    edge.createRenderer = () => {
      made++
      return createRenderer()
    }
    try {
      expectData(await api(client).get('projects'))
      assert.equal(made, 0)
    } finally {
      edge.createRenderer = createRenderer
    }
  })
})
