import { test } from '@japa/runner'
import { sandbox } from '#tests/support/sandbox'

test.group('Surroundings', () => {
  test('the test server answers over real HTTP, with a problem where there is no route', async ({
    client,
    assert,
  }) => {
    const response = await client.get('/api/no-such-route')
    response.assertStatus(404)
    assert.equal(response.body().code, 'route_not_found')
  })

  test('the sandbox listens where the application looks for Stripe', async ({ assert }) => {
    assert.equal(sandbox.url, process.env.STRIPE_API_BASE)
    const response = await fetch(`${sandbox.url}/v1/balance`, {
      headers: { authorization: `Bearer ${process.env.STRIPE_SECRET_KEY}` },
    })
    assert.equal(response.status, 200)
  })
})
