import { invalid, unprocessable } from './errors.js'
import type { Money, PayoutMoney } from './shapes.js'

/** The currencies that PayPal holds balances in, from its list of currency codes. */
const CURRENCIES = new Set(
  'AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD'.split(
    ' '
  )
)

/** Currencies that PayPal takes no decimals of, whatever their central banks do. */
const WITHOUT_DECIMALS = new Set(['HUF', 'JPY', 'TWD'])

const VALUE = /^((-?\d+)|(-?(\d+)?[.]\d+))$/

export function isCurrency(currency: string): boolean {
  return CURRENCIES.has(currency)
}

/** How many digits a currency has behind its point. */
export function digitsOf(currency: string): number {
  return WITHOUT_DECIMALS.has(currency) ? 0 : 2
}

/** An amount as a decimal string, negative ones with their sign. */
export function valueOf(minor: number, currency: string): string {
  return (minor / 10 ** digitsOf(currency)).toFixed(digitsOf(currency))
}

export function moneyOf(minor: number, currency: string): Money {
  return { currency_code: currency, value: valueOf(minor, currency) }
}

/** The same as Payouts v1 writes it. */
export function payoutMoneyOf(minor: number, currency: string): PayoutMoney {
  return { currency, value: valueOf(minor, currency) }
}

/** The minor units of an amount that the stand-in wrote itself. */
export function minorOf(money: { value: string } & (Money | PayoutMoney)): number {
  const currency = 'currency' in money ? money.currency : money.currency_code
  return Math.round(Number(money.value) * 10 ** digitsOf(currency))
}

/**
 * Reads an amount of a request.
 *
 * @returns minor units, above zero
 * @throws PayPalFailure naming what is wrong with it
 */
export function readMoney(value: unknown, field: string): { minor: number; currency: string } {
  const { currency_code: currency, value: text } = (value ?? {}) as Partial<Money>
  if (typeof currency !== 'string') {
    throw invalid('MISSING_REQUIRED_PARAMETER', `${field}/currency_code`)
  }
  if (typeof text !== 'string') throw invalid('MISSING_REQUIRED_PARAMETER', `${field}/value`)
  if (!VALUE.test(text) || text.length > 32) {
    throw invalid('INVALID_PARAMETER_SYNTAX', `${field}/value`)
  }
  if (!isCurrency(currency)) {
    throw unprocessable(
      'INVALID_CURRENCY_CODE',
      'Currency code is invalid or is not currently supported. Please refer https://developer.paypal.com/api/rest/reference/currency-codes/ for list of supported currency codes.',
      `${field}/currency_code`
    )
  }
  if (Number(text) <= 0) {
    throw unprocessable(
      'CANNOT_BE_ZERO_OR_NEGATIVE',
      'Must be greater than zero. If the currency supports decimals, only two decimal place precision is supported.',
      `${field}/value`
    )
  }
  if (!fits(text, currency)) {
    throw unprocessable(
      'DECIMAL_PRECISION',
      'If the currency supports decimals, only two decimal place precision is supported.',
      `${field}/value`
    )
  }
  return { minor: minorOf({ currency_code: currency, value: text }), currency }
}

/** Whether an amount has no more digits than its currency; `10.00` of one without decimals has. */
export function fits(text: string, currency: string): boolean {
  return (text.split('.')[1] ?? '').length <= digitsOf(currency)
}
