import env from '#start/env'
import { exponentOf, isKnownCurrency, Money } from '#ledger/money'
import { ProviderFailure, type RailLimits } from '#payments/provider'

/** PayPal takes these without decimals (https://developer.paypal.com/reference/currency-codes/). */
const ZERO_DECIMAL = new Set(['HUF', 'JPY', 'TWD'])

/**
 * The most that one payout may be: 20,000 USD, elsewhere "up to 20,000 USD in your local currency"
 * (https://developer.paypal.com/docs/payouts/standard/reference/fees/), here in round numbers that stay
 * below it. Checkout takes more, but what came in as one payment has to be able to leave as one.
 *
 * It is also the list of what PayPal can pay here: every other currency is refused.
 */
const MAXIMUM: Record<string, string> = {
  AUD: '25000',
  CAD: '25000',
  CHF: '16000',
  CZK: '400000',
  DKK: '120000',
  EUR: '16000',
  GBP: '14000',
  HKD: '150000',
  ILS: '60000',
  JPY: '2000000',
  MXN: '300000',
  NOK: '180000',
  NZD: '30000',
  PLN: '65000',
  SEK: '180000',
  SGD: '25000',
  THB: '600000',
  USD: '20000',
}

/** In whole units: below it, PayPal's fixed fee takes most of the payment. */
const MINIMUM = '1'

/** Venmo is a service in the United States. */
export const VENMO_CURRENCY = 'USD'

/** @returns the amount as PayPal writes it: `1250.00`, but `1250` for currencies without decimals */
export function toPaypal({ minor, currency }: Money): string {
  const decimals = decimalsOf(currency)
  const digits = rescaled(minor, exponentOf(currency), decimals)
    .toString()
    .padStart(decimals + 1, '0')
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/**
 * @param value a decimal as PayPal writes it, may be negative
 * @throws ProviderFailure `unknown` for what is no amount, and for a currency that our ledger has no
 *   account for: a person has to look
 */
export function fromPaypal(value: string | undefined, currency: string | undefined): Money {
  if (!currency || !isKnownCurrency(currency)) {
    throw new ProviderFailure('unknown', 'foreign_currency', `${currency} is no currency of ours.`)
  }
  const [, sign, whole, fraction] = /^(-?)(\d{0,16})(?:\.(\d+))?$/.exec(value ?? '') ?? []
  if (!whole && !fraction) throw unreadable(value)
  const exponent = exponentOf(currency)
  const decimals = (fraction ?? '').padEnd(exponent, '0')
  if (/[^0]/.test(decimals.slice(exponent))) throw unreadable(value)
  const minor = BigInt(`${whole}${decimals.slice(0, exponent)}`)
  return Money.of(sign ? -minor : minor, currency)
}

/** What one payment may be, for the currencies in which our PayPal account holds a balance. */
export function paypalLimits(currency: string): RailLimits | undefined {
  const maximum = MAXIMUM[currency]
  if (!paypalCurrencies().includes(currency) || maximum === undefined) return undefined
  return { minimum: Money.parse(MINIMUM, currency), maximum: Money.parse(maximum, currency) }
}

export function venmoLimits(currency: string): RailLimits | undefined {
  return currency === VENMO_CURRENCY ? paypalLimits(currency) : undefined
}

/** `PAYPAL_CURRENCIES`, default USD. */
export function paypalCurrencies(): string[] {
  return (env.get('PAYPAL_CURRENCIES') || 'USD')
    .toUpperCase()
    .trim()
    .split(/[\s,]+/)
}

function decimalsOf(currency: string): number {
  return ZERO_DECIMAL.has(currency) ? 0 : 2
}

function rescaled(minor: bigint, from: number, to: number): bigint {
  if (to >= from) return minor * 10n ** BigInt(to - from)
  const scale = 10n ** BigInt(from - to)
  if (minor % scale !== 0n) throw new RangeError(`${minor} does not fit ${to} decimals`)
  return minor / scale
}

function unreadable(value: string | undefined): ProviderFailure {
  return new ProviderFailure('unknown', 'malformed_answer', `"${value}" is no amount of money.`)
}
