import { test } from '@japa/runner'
import { Money } from '#ledger/money'
import { fromPaypal, paypalLimits, toPaypal, venmoLimits } from '#payments/paypal/amounts'
import { paypal, venmo } from '#payments/paypal/index'
import { withSetting } from '#tests/support/provider_calls'

const money = (text: string, currency = 'USD') => Money.parse(text, currency)

test.group('Amounts at PayPal', () => {
  test('{text} {currency} is written {written}')
    .with([
      { text: '1250.00', currency: 'USD', written: '1250.00' },
      { text: '0.05', currency: 'USD', written: '0.05' },
      { text: '0', currency: 'EUR', written: '0.00' },
      { text: '1250', currency: 'JPY', written: '1250' },
      { text: '99999999.99', currency: 'USD', written: '99999999.99' },
    ])
    .run(({ assert }, { text, currency, written }) => {
      assert.equal(toPaypal(money(text, currency)), written)
      assert.isTrue(fromPaypal(written, currency).equals(money(text, currency)))
    })

  test('PayPal may write more zeros, fewer, or a sign', ({ assert }) => {
    assert.equal(fromPaypal('1250.00', 'JPY').minor, 1250n)
    assert.equal(fromPaypal('1250', 'USD').minor, 125_000n)
    assert.equal(fromPaypal('.5', 'USD').minor, 50n)
    assert.equal(fromPaypal('-0.59', 'USD').minor, -59n)
  })

  test('"{value}" is no amount, and is not guessed at')
    .with([
      { value: '' },
      { value: undefined },
      { value: '-' },
      { value: '1,250.00' },
      { value: '1e3' },
      { value: '0.005' },
      { value: '12345678901234567.00' },
    ])
    .run(({ assert }, { value }) => {
      assert.throws(() => fromPaypal(value, 'USD'), /is no amount of money/)
    })

  test('a currency that our ledger has no account for wants a person', ({ assert }) => {
    assert.throws(() => fromPaypal('100', 'KWD'), /KWD is no currency of ours/)
    assert.throws(() => fromPaypal('100', undefined))
  })
})

test.group('What one payment by PayPal may be', () => {
  test('dollars only, unless the account holds more', ({ assert }) => {
    assert.equal(paypalLimits('USD')?.maximum.toString(), '20000.00 USD')
    assert.isUndefined(paypalLimits('EUR'))
    withSetting('PAYPAL_CURRENCIES', 'usd, EUR JPY')
    assert.equal(paypalLimits('EUR')?.minimum.toString(), '1.00 EUR')
    assert.equal(paypalLimits('JPY')?.maximum.toString(), '2000000 JPY')
    assert.isUndefined(paypalLimits('GBP'))
    assert.isUndefined(venmoLimits('EUR'), 'Venmo knows dollars only')
    assert.isDefined(venmoLimits('USD'))
  })

  test('both wallets are one rail with one balance', ({ assert }) => {
    assert.deepEqual([paypal.name, paypal.rail], ['paypal', 'paypal'])
    assert.deepEqual([venmo.name, venmo.rail], ['venmo', 'paypal'])
  })
})
