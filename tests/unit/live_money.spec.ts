import { test } from '@japa/runner'
import { assertFitForLiveMoney, type LiveMoneySettings } from '#start/live_money'

const fit: LiveMoneySettings = {
  STRIPE_SECRET_KEY: 'sk_live_1',
  STRIPE_CONNECT_WEBHOOK_SECRETS: 'whsec_1,whsec_2',
  MAIL_TRANSPORT: 'smtp',
  SMTP_HOST: 'smtp.example.com',
}

const paypal: LiveMoneySettings = {
  PAYPAL_CLIENT_ID: 'A21',
  PAYPAL_CLIENT_SECRET: 'secret',
  PAYPAL_WEBHOOK_ID: '1JE4291016473214C',
  VENMO_WEBHOOK_ID: '8TJ12214XV5003434',
}

test.group('Settings for live money', () => {
  test('Stripe itself or an https address, smtp with a host and a Connect secret are fit', () => {
    assertFitForLiveMoney(fit)
    assertFitForLiveMoney({ ...fit, STRIPE_API_BASE: 'https://stripe.example.com' })
  })

  test('with PayPal, its credentials and both webhook ids are', () => {
    assertFitForLiveMoney({ ...fit, ...paypal })
    assertFitForLiveMoney({ ...fit, ...paypal, PAYPAL_API_BASE: 'https://paypal.example.com' })
  })

  test('{name} = {value} is refused by name')
    .with([
      { name: 'STRIPE_API_BASE', value: 'http://127.0.0.1:12111' },
      { name: 'STRIPE_API_BASE', value: 'api.stripe.com' },
      { name: 'STRIPE_CONNECT_WEBHOOK_SECRETS', value: undefined },
      { name: 'STRIPE_CONNECT_WEBHOOK_SECRETS', value: ' , ' },
      { name: 'STRIPE_SECRET_KEY', value: 'sk_test_1' },
      { name: 'MAIL_TRANSPORT', value: 'file' },
      { name: 'SMTP_HOST', value: undefined },
      { name: 'SMTP_HOST', value: ' ' },
      { name: 'LIMITS_FACTOR', value: '2' },
    ] as const)
    .run(({ assert }, { name, value }) => {
      assert.throws(
        () => assertFitForLiveMoney({ ...fit, [name]: value }),
        new RegExp(`live key or[^-]*\n- ${name} must[^\n]*$`)
      )
    })

  test('with PayPal set up, {name} = {value} is refused by name')
    .with([
      { name: 'PAYPAL_CLIENT_ID', value: undefined },
      { name: 'PAYPAL_CLIENT_SECRET', value: ' ' },
      { name: 'PAYPAL_API_BASE', value: 'http://127.0.0.1:12112' },
      { name: 'PAYPAL_API_BASE', value: 'https://api-m.sandbox.paypal.com' },
      { name: 'PAYPAL_WEBHOOK_ID', value: undefined },
      { name: 'VENMO_WEBHOOK_ID', value: ' ' },
    ] as const)
    .run(({ assert }, { name, value }) => {
      assert.throws(
        () => assertFitForLiveMoney({ ...fit, ...paypal, [name]: value }),
        new RegExp(`live key or[^-]*\n- ${name} must[^\n]*$`)
      )
    })

  test('all that is wrong is told at once', ({ assert }) => {
    assert.throws(
      () => assertFitForLiveMoney({ STRIPE_API_BASE: 'http://stripe', MAIL_TRANSPORT: 'file' }),
      /STRIPE_API_BASE[^]*STRIPE_CONNECT_WEBHOOK_SECRETS[^]*MAIL_TRANSPORT[^]*SMTP_HOST/
    )
  })
})
