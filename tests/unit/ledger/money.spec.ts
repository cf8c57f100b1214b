import { test } from '@japa/runner'
import fc from 'fast-check'
import { InvalidAmount, Money, MAX_AMOUNT, formatMinor, sumOf } from '#ledger/money'
import { platformFee } from '#escrow/fees'

const minor = fc.bigInt({ min: 0n, max: MAX_AMOUNT })
const numRuns = process.env.LONG ? 10_000 : 500

test.group('Money', () => {
  test('an amount survives the wire format, in every currency', ({ assert }) => {
    fc.assert(
      fc.property(minor, fc.constantFrom('USD', 'EUR', 'JPY'), (amount, currency) => {
        const money = Money.of(amount, currency)
        assert.equal(Money.parse(money.toDecimal(), currency).minor, amount)
      }),
      { numRuns }
    )
  })

  test('what is no plain decimal is no amount: {$self}')
    .with([
      '',
      ' 1',
      '1 ',
      '+1',
      '-1',
      '1.',
      '.5',
      '01',
      '1e3',
      '1,00',
      '1.001',
      '0x1',
      'NaN',
      '١',
      '9'.repeat(17),
    ])
    .run(({ assert }, text) => {
      assert.throws(() => Money.parse(text, 'USD'), InvalidAmount)
    })

  test('a currency without decimals takes none', ({ assert }) => {
    assert.equal(Money.parse('1250', 'JPY').minor, 1250n)
    assert.throws(() => Money.parse('1250.5', 'JPY'), InvalidAmount)
    assert.throws(() => Money.parse('1', 'XXX'), InvalidAmount)
  })

  test('amounts of two currencies do not mix', ({ assert }) => {
    const [dollar, euro] = [Money.of(1n, 'USD'), Money.of(1n, 'EUR')]
    assert.throws(() => dollar.add(euro), TypeError)
    assert.throws(() => dollar.subtract(euro), TypeError)
    assert.throws(() => dollar.compare(euro), TypeError)
    assert.isFalse(dollar.equals(euro))
  })

  test('small and negative amounts keep their zeros', ({ assert }) => {
    assert.equal(formatMinor(5n, 'USD'), '0.05')
    assert.equal(formatMinor(-5n, 'USD'), '-0.05')
    assert.equal(formatMinor(-123456n, 'USD'), '-1234.56')
    assert.equal(formatMinor(0n, 'JPY'), '0')
  })
})

test.group('The platform fee', () => {
  test('is the same in how many parts a milestone is ever released, and never more than a part', ({
    assert,
  }) => {
    const bps = fc.integer({ min: 0, max: 10_000 })
    const parts = fc.array(fc.bigInt({ min: 1n, max: 10_000_000n }), {
      minLength: 1,
      maxLength: 20,
    })
    fc.assert(
      fc.property(bps, parts, (rate, amounts) => {
        let releasedBefore = Money.zero('USD')
        let feeTaken = Money.zero('USD')
        for (const amount of amounts.map((part) => Money.of(part, 'USD'))) {
          const fee = platformFee({ amount, releasedBefore, feeTaken }, rate)
          assert.isTrue(fee.minor >= 0n && fee.minor <= amount.minor)
          releasedBefore = releasedBefore.add(amount)
          feeTaken = feeTaken.add(fee)
        }
        const whole = sumOf(
          amounts.map((part) => Money.of(part, 'USD')),
          'USD'
        )
        assert.equal(feeTaken.minor, whole.basisPoints(rate).minor)
      }),
      { numRuns }
    )
  })

  test('rounding is in the favour of the freelancer', ({ assert }) => {
    const nothing = Money.zero('USD')
    const fee = platformFee(
      { amount: Money.of(199n, 'USD'), releasedBefore: nothing, feeTaken: nothing },
      1000
    )
    assert.equal(fee.minor, 19n)
  })
})
