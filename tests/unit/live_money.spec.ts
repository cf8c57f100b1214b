import { test } from '@japa/runner'
import { assertFitForLiveMoney, type LiveMoneySettings } from '#start/live_money'

const fit: LiveMoneySettings = {
  STRIPE_CONNECT_WEBHOOK_SECRETS: 'whsec_1,whsec_2',
  MAIL_TRANSPORT: 'smtp',
  SMTP_HOST: 'smtp.example.com',
}

test.group('Settings for live money', () => {
  test('Stripe itself or an https address, smtp with a host and a Connect secret are fit', () => {
    assertFitForLiveMoney(fit)
    assertFitForLiveMoney({ ...fit, STRIPE_API_BASE: 'https://stripe.example.com' })
  })

  test('{name} = {value} is refused by name')
    .with([
      { name: 'STRIPE_API_BASE', value: 'http://127.0.0.1:12111' },
      { name: 'STRIPE_API_BASE', value: 'api.stripe.com' },
      { name: 'STRIPE_CONNECT_WEBHOOK_SECRETS', value: undefined },
      { name: 'STRIPE_CONNECT_WEBHOOK_SECRETS', value: ' , ' },
      { name: 'MAIL_TRANSPORT', value: 'file' },
      { name: 'SMTP_HOST', value: undefined },
      { name: 'SMTP_HOST', value: ' ' },
    ] as const)
    .run(({ assert }, { name, value }) => {
      assert.throws(
        () => assertFitForLiveMoney({ ...fit, [name]: value }),
        new RegExp(`live key[^-]*\n- ${name} must[^\n]*$`)
      )
    })

  test('all that is wrong is told at once', ({ assert }) => {
    assert.throws(
      () => assertFitForLiveMoney({ STRIPE_API_BASE: 'http://stripe', MAIL_TRANSPORT: 'file' }),
      /STRIPE_API_BASE[^]*STRIPE_CONNECT_WEBHOOK_SECRETS[^]*MAIL_TRANSPORT[^]*SMTP_HOST/
    )
  })
})
