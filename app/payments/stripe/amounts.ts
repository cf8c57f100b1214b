import env from '#start/env'
import { exponentOf, isKnownCurrency, Money } from '#ledger/money'
import { ProviderFailure, type RailLimits } from '#payments/provider'

/** Stripe takes these without decimals (https://docs.stripe.com/currencies#zero-decimal). */
const ZERO_DECIMAL = new Set(
  'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ')
)
/** And these in thousandths. ISK and UGX have no decimals either, but are sent as hundredths. */
const THREE_DECIMAL = new Set('BHD JOD KWD OMR TND'.split(' '))

/**
 * The smallest charge per currency, in Stripe's minor units
 * (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). It holds where the platform
 * settles in that currency; otherwise Stripe converts, which we never ask for.
 */
const MINIMUM: Record<string, bigint> = {
  AUD: 50n,
  CAD: 50n,
  CHF: 50n,
  DKK: 250n,
  EUR: 50n,
  GBP: 30n,
  NOK: 300n,
  NZD: 50n,
  SEK: 300n,
  SGD: 50n,
  USD: 50n,
}
/** Eight digits, whatever the currency. */
const MAXIMUM = 99_999_999n

/** @returns what Stripe calls the amount: a whole number of its own minor units */
export function toStripe({ minor, currency }: Money): { amount: number; currency: string } {
  const amount = rescaled(minor, exponentOf(currency), stripeExponent(currency))
  return { amount: Number(amount), currency: currency.toLowerCase() }
}

/**
 * @param minor whole minor units as Stripe counts them, may be negative
 * @throws ProviderFailure `unknown` for a currency that our ledger has no account for: a person has to look
 */
export function fromStripe(minor: number, stripeCurrency: string): Money {
  const currency = stripeCurrency.toUpperCase()
  if (!isKnownCurrency(currency)) {
    throw new ProviderFailure('unknown', 'foreign_currency', `${currency} is no currency of ours.`)
  }
  const amount = rescaled(BigInt(minor), stripeExponent(currency), exponentOf(currency))
  return Money.of(amount, currency)
}

/** The same as a decimal, of any currency. */
export function decimalOfStripe(minor: number, stripeCurrency: string): string {
  const decimals = stripeExponent(stripeCurrency.toUpperCase())
  const digits = Math.abs(minor)
    .toString()
    .padStart(decimals + 1, '0')
  const sign = minor < 0 ? '-' : ''
  return decimals === 0
    ? sign + digits
    : `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/**
 * What one payment may be, for the currencies in which the platform's Stripe account settles
 * (`STRIPE_CURRENCIES`, default USD).
 */
export function stripeLimits(currency: string): RailLimits | undefined {
  const settled = (env.get('STRIPE_CURRENCIES') ?? 'USD').toUpperCase().split(/[\s,]+/)
  const minimum = MINIMUM[currency]
  if (!settled.includes(currency) || minimum === undefined) return undefined
  const inStripe = (minor: bigint) => fromStripe(Number(minor), currency)
  return { minimum: inStripe(minimum), maximum: inStripe(MAXIMUM) }
}

function stripeExponent(currency: string): number {
  return ZERO_DECIMAL.has(currency) ? 0 : THREE_DECIMAL.has(currency) ? 3 : 2
}

function rescaled(minor: bigint, from: number, to: number): bigint {
  if (to >= from) return minor * 10n ** BigInt(to - from)
  const scale = 10n ** BigInt(from - to)
  if (minor % scale !== 0n) throw new RangeError(`${minor} does not fit ${to} decimals`)
  return minor / scale
}
