import fc from 'fast-check'
import { test } from '@japa/runner'
import { v7 } from 'uuid'
import { findCardNumber, withoutCardNumbers } from '#validators/card_number'

/** Numbers that networks and providers publish for tests; nobody is charged on them. */
const CARDS = [
  '4242424242424242',
  '4111 1111 1111 1111',
  '4111-1111-1111-1111',
  '4222222222222',
  '4000056655665556',
  '5555555555554444',
  '2223003122003222',
  '5105 1051 0510 5100',
  '378282246310005',
  '3714 496353 98431',
  '6011111111111117',
  '3056930009020004',
  '36227206271667',
  '3566002020360505',
  '6200000000000005',
  '6205500000000000004',
  '6304000000000000',
]

test.group('The number of a payment card', () => {
  test('is found: {$self}')
    .with(CARDS)
    .run(({ assert }, card) => {
      for (const text of [
        card,
        `card:${card}.`,
        `My card is ${card} 12/29 123`,
        `${card} 12 29 123`,
        `No 17 ${card}`,
        `"${card}"`,
        `(${card})`,
        `REF-${card}`,
        `pay?number=${card}&x=1`,
        `Zeile\n${card}\n`,
        card.replaceAll(/[ -]/g, '\u00A0'),
        card.replaceAll('-', '\u2011'),
        // Digits of another width look the same.
        card.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
        [...card].join('\u200B'),
        [...card].join('\u00AD'),
        // So do those of other scripts to who reads them.
        card.replaceAll(/\d/g, (digit) => String.fromCodePoint(0x0660 + Number(digit))),
        card.replaceAll(/\d/g, (digit) => String.fromCodePoint(0x0966 + Number(digit))),
        ...['  ', '\t', '\n', '\r\n', '.', '/', '_', ' - ', '  -  ', '\u2212'].map((between) =>
          card.replaceAll(/[ -]/g, between)
        ),
        ...[',', '|', ':', '*', ')(', '\u{1F4B3}'].map((between) =>
          card.replaceAll(/[ -]/g, between)
        ),
        `${card}exp 12/30`,
        `${card}cvc123`,
        `cc${card}`,
        `\u2116${card}`,
        `Card${card}`,
        `card_${card}`,
      ]) {
        assert.isDefined(findCardNumber(text), text)
        assert.notInclude(withoutCardNumbers(text), card)
      }
    })

  test('is none of what only looks like one: {$self}')
    .with([
      '4242424242424241',
      '4111111111111111a',
      'a4111111111111111',
      '41111111111111111111111',
      '1795718374490',
      '2026-11-26 2026-12-01',
      '+4915112345678',
      '+44 20 7946 0958 000',
      'DE89 3704 0044 0532 0130 00',
      'GB29NWBK60161331926819',
      '0.4111111111111111',
      '1,4111111111111111',
      '99999999.99',
      '12345678901234',
      'ch_3QhX4111111111111111',
      'due 4242, 4242, 4242, 4242',
      '4111111111111111ab',
      '8111-1111',
      '',
    ])
    .run(({ assert }, text) => {
      assert.isUndefined(findCardNumber(text), text)
    })

  test('is no id, amount, moment, phone number or reference of ours, whichever', ({ assert }) => {
    const amount = fc
      .bigInt({ min: 0n, max: 9_999_999_999n })
      .map((minor) => `${minor / 100n}.${String(minor % 100n).padStart(2, '0')}`)
    const phone = fc.integer({ min: 1_000_000, max: 2 ** 31 }).map((number) => `+1 415 ${number}`)
    const moment = fc
      .date({ min: new Date(0), max: new Date('2090-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString())
    const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64 })
    const reference = fc.uuid().map((id) => `SafeSend ${id}: release of 100.00 USD, ${id}.`)
    for (const none of [
      fc.uuid(),
      fc.constant(0).map(() => v7()),
      fc.tuple(fc.uuid(), fc.uuid()).map((ids) => ids.join(' ')),
      amount,
      moment,
      moment.map((each) => each.slice(0, 10)),
      moment.map((each) => String(Date.parse(each))),
      phone,
      reference,
      hex.filter((text) => /[a-f]/.test(text.slice(-13)) && /[a-f]/.test(text.slice(0, 13))),
    ]) {
      fc.assert(
        fc.property(none as fc.Arbitrary<string>, (text) => findCardNumber(text) === undefined),
        { numRuns: 2000 }
      )
    }
    assert.isDefined(findCardNumber('4242 4242 4242 4242'), 'so that nothing passes for all')
  })

  test('is found as it is typed from a card: {$self}')
    .with([
      '4242 4242 4242 4242 1229 123',
      '4242 42424242 4242',
      '424242 4242424242',
      '4000056655665556 / 5555555555554444',
      '3782 822463 10005',
      '3782 8224 6310 005',
      '3056 930902 0004',
      '42424242 42424242',
      '620550 0000000000004',
      '6205 5000 0000 0000 004',
      '4222 222 222 222',
      '4242 4242 4242 4242\n5555 5555 5555 4444\n4111 1111 1111 1111',
    ])
    .run(({ assert }, text) => {
      assert.isDefined(findCardNumber(text))
      assert.notMatch(withoutCardNumbers(text), /\d{4}\D*\d{4}/)
    })

  test('is found between a date and a code', ({ assert }) => {
    for (const text of ['exp 0927\n4242 4242 4242 4242\n1234', '0927 4242-4242-4242-4242 1234']) {
      assert.match(findCardNumber(text) ?? '', /^4242.4242.4242.4242$/, text)
    }
  })

  test('is no row of numbers, however long', ({ assert }) => {
    const row = (each: fc.Arbitrary<string>) =>
      fc
        .tuple(
          fc.array(each, { minLength: 4, maxLength: 60 }),
          fc.constantFrom(' ', '  ', '\n', '\t', ', ', '/', ' - ')
        )
        .map(([numbers, between]) => numbers.join(between))
    const whole = (min: number, max: number) => fc.integer({ min, max }).map(String)
    const amount = fc
      .tuple(fc.integer({ min: 100, max: 9_999_999 }), fc.constantFrom('en-US', 'de-DE'))
      .map(([minor, locale]) =>
        (minor / 100).toLocaleString(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
      )
    for (const each of [
      whole(0, 99),
      whole(0, 999),
      whole(10_000, 99_999),
      whole(1900, 2100),
      amount,
    ]) {
      fc.assert(
        fc.property(row(each), (text) => findCardNumber(text) === undefined),
        { numRuns: 2000 }
      )
    }
    const counted = Array.from({ length: 60 }, (_, n) => n + 1).join(' ')
    assert.isUndefined(findCardNumber(counted))
  })

  test('is hardly ever a column of four-digit numbers', ({ assert }) => {
    const columns = fc.sample(
      fc.array(fc.integer({ min: 1000, max: 9999 }), { minLength: 10, maxLength: 60 }),
      { numRuns: 2000, seed: 7 }
    )
    const refused = columns.filter((column) => findCardNumber(column.join(' ')) !== undefined)
    assert.isBelow(refused.length / columns.length, 0.12)
  })

  test('is found in any words', () => {
    const words = fc.string({ unit: fc.constantFrom(...'abc äß.,!?\n') })
    fc.assert(
      fc.property(words, fc.constantFrom(...CARDS), words, (before, card, after) => {
        return findCardNumber(`${before} ${card} ${after}`) !== undefined
      }),
      { numRuns: 2000 }
    )
  })

  test('is looked for in a megabyte without holding others up', ({ assert }) => {
    for (const unit of [
      '1 ',
      '17 ',
      '1',
      '1-',
      'AA11 ',
      'AA11AAAAAAAAAAAAAAAAAAAAAAAAAAAAx ',
      '9 0 ',
      '4242 4242 4242 4241 x ',
      '4242 ',
      '9999999999999993 ',
      '\u0664',
    ]) {
      const text = unit.repeat(1_000_000 / unit.length)
      const started = performance.now()
      findCardNumber(text)
      assert.isBelow(performance.now() - started, 1500, unit)
    }
  })
})
