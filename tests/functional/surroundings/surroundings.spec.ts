import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { api, expectProblem } from '#tests/support/api'
import { resetAll } from '#tests/support/database'
import { sandbox } from '#tests/support/sandbox'
import { aFreelancer } from '#tests/support/users'

test.group('Surroundings', (group) => {
  group.each.setup(resetAll)

  test('the test server answers over real HTTP, with a problem where there is no route', async () => {
    expectProblem(await api().get('no-such-route'), 404, 'route_not_found')
  })

  test('the sandbox listens where the application looks for Stripe', async ({ assert }) => {
    assert.equal(sandbox.url, process.env.STRIPE_API_BASE)
    const response = await fetch(`${sandbox.url}/v1/balance`, {
      headers: { authorization: `Bearer ${process.env.STRIPE_SECRET_KEY}` },
    })
    assert.equal(response.status, 200)
  })

  test('a reset leaves the chart of accounts and nobody', async ({ assert }) => {
    await aFreelancer()
    await resetAll()
    assert.equal((await db.from('users').count('* as n'))[0].n, 0n)
    assert.isNotEmpty(await db.from('ledger_account_kinds'))
  })
})
