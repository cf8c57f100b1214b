import vine, { BaseLiteralType, symbols } from '@vinejs/vine'
import type { FieldContext, FieldOptions, Validation } from '@vinejs/vine/types'
import { InvalidAmount, MAX_AMOUNT, Money, formatMinor, isKnownCurrency } from '#ledger/money'
import { unprocessable } from '#exceptions/problem'

const AMOUNT = '^(0|[1-9]\\d{0,9})(\\.\\d{1,2})?$'
const SYNTAX = new RegExp(AMOUNT)

const amountRule = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value === 'number') {
      field.report(
        'Send {{ field }} as a decimal string such as "1250.00"; a JSON number is a float.',
        'amount',
        field
      )
    } else if (typeof value !== 'string' || !SYNTAX.test(value)) {
      field.report(
        'Write {{ field }} as a plain decimal string such as "1250.00".',
        'amount',
        field
      )
    }
  },
  { name: 'amount' }
)

/** A decimal string. A type of its own because `vine.string()` could not say why a number is refused. */
class VineAmount extends BaseLiteralType<string, string, string> {
  [symbols.SUBTYPE] = 'amount'

  constructor(options?: Partial<FieldOptions>, validations?: Validation<any>[]) {
    super(options, validations ?? [amountRule()])
  }

  clone(): this {
    return new VineAmount(this.cloneOptions(), this.cloneValidations()) as this
  }

  toJSONSchema() {
    return { type: 'string' as const, pattern: AMOUNT, examples: ['1250.00'] }
  }
}

/**
 * An amount on the wire, still text: which decimals it may have depends on a currency that only the
 * operation knows. Pass it on to `toMoney`.
 */
export function amount(): VineAmount {
  return new VineAmount()
}

/**
 * An amount that may be left out, which means everything. A null is refused: a form with an empty
 * field sends it, and does not mean everything.
 */
export function amountOrAll() {
  return amount()
    .parse((value) => (value === null ? '' : value))
    .optional()
}

const currencyRule = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value === 'string' && !isKnownCurrency(value)) {
      field.report(
        '{{ field }} is no currency that we handle; write it like USD.',
        'currency',
        field
      )
    }
  },
  { name: 'currency', toJSONSchema: (schema) => (schema.pattern = '^[A-Z]{3}$') }
)

/**
 * The currency is the record's. Whoever sends one thinks of that amount, and of no other.
 *
 * @throws Problem 422 if another one was sent
 */
export function assertSameCurrency(given: string | undefined, is: string): void {
  if (given === undefined || given === is) return
  throw unprocessable(
    'currency',
    'same',
    `The amount is in ${is}. Leave the currency out, or send that.`
  )
}

/** An ISO 4217 code that we can count in. Whether a payment provider takes it is decided at the deposit. */
export function currency() {
  return vine.string().use(currencyRule())
}

/**
 * Reads a validated amount in its currency.
 *
 * @param field the request's field, for the problem's `errors`
 * @throws Problem 422 for zero, more than 99999999.99, or more decimals than the currency has
 */
export function toMoney(field: string, text: string, of: string): Money {
  const money = parse(field, text, of)
  if (!money.isPositive) throw unprocessable(field, 'positive', `${field} must be above zero.`)
  if (money.minor > MAX_AMOUNT) {
    throw unprocessable(
      field,
      'maximum',
      `${field} must be at most ${formatMinor(MAX_AMOUNT, of)} ${of}.`
    )
  }
  return money
}

/** The same for an amount that may be nothing, such as one side's part. @throws Problem 422 */
export function toMoneyOrZero(field: string, text: string, of: string): Money {
  const money = parse(field, text, of)
  return money.isZero ? money : toMoney(field, text, of)
}

function parse(field: string, text: string, of: string): Money {
  try {
    return Money.parse(text, of)
  } catch (error) {
    if (error instanceof InvalidAmount) throw unprocessable(field, 'amount', error.message)
    throw error
  }
}
