/** ISO 4217 alphabetic code, upper case. */
export type Currency = string

/**
 * Digits after the decimal point on the wire (ISO 4217). A rail may count differently: what it
 * takes is its own business and lives with its implementation.
 */
const EXPONENTS: Record<Currency, number> = {
  AUD: 2,
  BRL: 2,
  CAD: 2,
  CHF: 2,
  CNY: 2,
  CZK: 2,
  DKK: 2,
  EUR: 2,
  GBP: 2,
  HKD: 2,
  HUF: 2,
  ILS: 2,
  JPY: 0,
  MXN: 2,
  MYR: 2,
  NOK: 2,
  NZD: 2,
  PHP: 2,
  PLN: 2,
  SEK: 2,
  SGD: 2,
  THB: 2,
  TWD: 2,
  USD: 2,
}

/** Every currency that amounts can be written in here. */
export const CURRENCIES: readonly Currency[] = Object.keys(EXPONENTS)

/** The plan's ten digits: 99999999.99 of a currency with two decimals. */
export const MAX_AMOUNT = 9_999_999_999n

export class InvalidAmount extends Error {}

/** Whether amounts in this currency can be written at all here. */
export function isKnownCurrency(currency: string): boolean {
  return Object.hasOwn(EXPONENTS, currency)
}

/**
 * An amount of money: whole minor units and their currency. Never a float, never without its
 * currency; two amounts of different currencies do not add up but throw.
 */
export class Money {
  private constructor(
    /** Minor units: cents for USD, yen for JPY. */
    readonly minor: bigint,
    readonly currency: Currency
  ) {}

  /** @param minor whole minor units of `currency` */
  static of(minor: bigint, currency: Currency): Money {
    exponentOf(currency)
    return new Money(minor, currency)
  }

  static zero(currency: Currency): Money {
    return Money.of(0n, currency)
  }

  /**
   * Reads the wire format, a plain decimal such as `1250.00` or `1250`.
   *
   * @throws InvalidAmount for anything else: exponents, signs, blanks, more decimals than the currency has
   */
  static parse(text: string, currency: Currency): Money {
    const exponent = exponentOf(currency)
    const match = /^(0|[1-9]\d{0,15})(?:\.(\d+))?$/.exec(text)
    if (!match) {
      throw new InvalidAmount(`"${text.slice(0, 40)}" is not an amount; write it like 1250.00.`)
    }
    const [, whole, fraction = ''] = match
    if (fraction.length > exponent) {
      throw new InvalidAmount(`${currency} amounts have at most ${exponent} decimals.`)
    }
    return new Money(BigInt(whole + fraction.padEnd(exponent, '0')), currency)
  }

  add(other: Money): Money {
    return new Money(this.minor + this.#same(other).minor, this.currency)
  }

  subtract(other: Money): Money {
    return new Money(this.minor - this.#same(other).minor, this.currency)
  }

  /** Below, equal or above zero as this is less than, equal to or more than `other`. */
  compare(other: Money): number {
    const difference = this.minor - this.#same(other).minor
    return difference < 0n ? -1 : difference > 0n ? 1 : 0
  }

  equals(other: Money): boolean {
    return this.currency === other.currency && this.minor === other.minor
  }

  get isZero(): boolean {
    return this.minor === 0n
  }

  get isPositive(): boolean {
    return this.minor > 0n
  }

  /**
   * The part of this amount that a rate in basis points takes, rounded down.
   *
   * @param bps basis points, 100 = 1 %
   */
  basisPoints(bps: number): Money {
    return new Money((this.minor * BigInt(bps)) / 10_000n, this.currency)
  }

  /** The wire format: `1250.00`. */
  toDecimal(): string {
    return formatMinor(this.minor, this.currency)
  }

  toString(): string {
    return `${this.toDecimal()} ${this.currency}`
  }

  #same(other: Money): Money {
    if (other.currency !== this.currency) {
      throw new TypeError(`Cannot mix ${this.currency} with ${other.currency}`)
    }
    return other
  }
}

/** Adds amounts up; `currency` says what an empty list is zero of. */
export function sumOf(amounts: Iterable<Money>, currency: Currency): Money {
  let sum = Money.zero(currency)
  for (const amount of amounts) sum = sum.add(amount)
  return sum
}

/**
 * Minor units as the wire shows them.
 *
 * @param minor whole minor units, may be negative
 */
export function formatMinor(minor: bigint, currency: Currency): string {
  const exponent = exponentOf(currency)
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0')
  const sign = minor < 0n ? '-' : ''
  if (exponent === 0) return sign + digits
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}

/** Digits after the decimal point on the wire. @throws InvalidAmount for a currency unknown here */
export function exponentOf(currency: Currency): number {
  const exponent = EXPONENTS[currency]
  if (exponent === undefined) throw new InvalidAmount(`${currency} is not a currency we handle.`)
  return exponent
}
