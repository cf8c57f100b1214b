import { getActiveTest, test } from '@japa/runner'
import { Secret } from '@adonisjs/core/helpers'
import env from '#start/env'
import { isPaypalConfigured, isPaypalLive, paypalHost } from '#payments/paypal/client'

/** Until the test ends; blank is what an environment has that says nothing. */
function withSettings({ base = '', id = '', secret = '' }): void {
  const wanted = {
    PAYPAL_API_BASE: base,
    PAYPAL_CLIENT_ID: id,
    PAYPAL_CLIENT_SECRET: new Secret(secret),
  }
  for (const [name, value] of Object.entries(wanted)) {
    const key = name as keyof typeof wanted
    const [before, outside] = [env.get(key), process.env[key]]
    const set = (to: unknown) => {
      env.set(key, to as never)
      process.env[key] = outside
    }
    set(value)
    getActiveTest()!.cleanup(() => set(before))
  }
}

test.group('Where PayPal is', () => {
  test('{host} is {world}')
    .with([
      { host: 'api-m.paypal.com', world: 'live' },
      { host: 'paypal.com', world: 'live' },
      { host: 'api-m.sandbox.paypal.com', world: 'sandbox' },
      { host: 'sandbox.paypal.com', world: 'sandbox' },
      { host: 'notpaypal.com', world: undefined },
      { host: 'paypal.com.attacker.example', world: undefined },
      { host: 'sandbox.paypal.com.attacker.example', world: undefined },
      { host: '127.0.0.1', world: undefined },
    ])
    .run(({ assert }, { host, world }) => {
      assert.equal(paypalHost(host), world as never)
    })

  test('"{base}" with credentials moves real money: {live}')
    .with([
      { base: '', live: true },
      { base: 'https://api-m.paypal.com/', live: true },
      { base: 'https://api-m.sandbox.paypal.com', live: false },
      { base: 'http://127.0.0.1:12112', live: false },
    ])
    .run(({ assert }, { base, live }) => {
      withSettings({ base, id: 'A21', secret: 'secret' })
      assert.isTrue(isPaypalConfigured())
      assert.equal(isPaypalLive(), live)
    })

  test('without both credentials PayPal is not offered, and moves nothing', ({ assert }) => {
    for (const settings of [{}, { id: 'A21' }, { secret: 'secret' }]) {
      withSettings(settings)
      assert.isFalse(isPaypalConfigured())
      assert.isFalse(isPaypalLive())
    }
  })
})
