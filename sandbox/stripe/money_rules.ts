import { invalidParam, refuse, type StripeFailure } from './errors.js'

/** Least amount of one charge in minor units, from Stripe's list of minimums; 50 where not listed. */
const MINIMUMS: Record<string, number> = { gbp: 30, jpy: 50, huf: 17_500, pln: 200, sek: 300 }
const MAXIMUM = 99_999_999

/**
 * @throws StripeFailure `amount_too_small`, or `amount_too_large` above eight digits
 */
export function checkAmount(minor: number, currency: string): void {
  const minimum = MINIMUMS[currency] ?? 50
  if (minor < minimum) {
    throw invalidParam(
      'amount_too_small',
      `Amount must be at least ${display(minimum, currency)}`,
      'amount'
    )
  }
  if (minor > MAXIMUM) {
    throw invalidParam(
      'amount_too_large',
      `Amount must be no more than ${display(MAXIMUM, currency)}`,
      'amount'
    )
  }
}

/** A balance does not cover what is asked of it. */
export function insufficient(message: string): StripeFailure {
  return refuse('balance_insufficient', message)
}

/** An amount as Stripe's messages show it. */
export function display(minor: number, currency: string): string {
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency })
  const { maximumFractionDigits: digits = 2 } = format.resolvedOptions()
  return format.format(minor / 10 ** digits)
}
