import { DateTime } from 'luxon'
import vine from '@vinejs/vine'
import type { FieldContext } from '@vinejs/vine/types'
import { InvalidAmount, isKnownCurrency, Money } from '#ledger/money'

/*
 * Filters of the console's lists come from the address. A field that was left empty is no filter.
 */

const emptyIsNone = (value: unknown) => (value === '' ? undefined : value)

const dayRule = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    const isDay =
      typeof value === 'string' &&
      /^2\d{3}-\d{2}-\d{2}$/.test(value) &&
      DateTime.fromISO(value, { zone: 'utc' }).isValid
    if (!isDay) field.report('Write {{ field }} as a day, such as 2026-11-26.', 'day', field)
  },
  { name: 'day' }
)

const figureRule = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value === 'string' && /^\d{1,13}(\.\d{1,2})?$/.test(value)) return
    field.report('Write {{ field }} as a plain decimal such as 1250.00.', 'amount', field)
  },
  { name: 'figure' }
)

const typedRule = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value === 'string' && /^(0|[1-9]\d{0,9})(\.\d{1,2})?$/.test(value)) return
    field.report(
      'Write an amount such as 1250.00 or 1,250.00, without its currency.',
      'amount',
      field
    )
  },
  { name: 'typed' }
)

/** A calendar day in UTC: `2026-11-26`. */
export const day = () => vine.string().parse(emptyIsNone).use(dayRule()).optional()

/** An amount in major units, still text: `1250`, `1250.00`. */
export const figure = () => vine.string().parse(withoutGroups).use(figureRule()).optional()

/**
 * An amount that somebody types into a form, as people write it or copy it from a page: `1040`, `1,040.00`.
 * What is left is the wire format, without groups; which decimals it may have depends on the currency.
 */
export const typedAmount = () => vine.string().parse(ungrouped).use(typedRule())

/** Of an amount, the commas between thousands; others stay, for one might be meant as a point. */
export function ungrouped(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const text = value.trim()
  return /^\d{1,3}(,\d{3})+(\.\d*)?$/.test(text) ? text.replaceAll(',', '') : text
}

/** One of the words that a column may hold. */
export const oneOf = <const Values extends readonly string[]>(values: Values) =>
  vine.enum(values).parse(emptyIsNone).optional()

export const currencyFilter = () =>
  vine
    .string()
    .parse(upperCase)
    .regex(/^[A-Z]{3}$/)
    .optional()

/** An id of ours. */
export const uuid = () => vine.string().parse(trimmed).uuid().optional()

/** Any other text that is looked for as it is. */
export const words = (max = 200) => vine.string().parse(trimmed).maxLength(max).optional()

export const after = () => vine.string().parse(emptyIsNone).maxLength(2000).optional()

/** Of a page with a timeline, from where on its lines are shown. */
export const timelinePage = vine.create(vine.object({ after: after() }))

function trimmed(value: unknown): unknown {
  // The reader of addresses makes a list of what has commas.
  const text = Array.isArray(value) ? value.join(',') : value
  return typeof text === 'string' ? emptyIsNone(text.trim().replaceAll('\0', '')) : text
}

function upperCase(value: unknown): unknown {
  const text = trimmed(value)
  return typeof text === 'string' ? text.toUpperCase() : text
}

/** People copy amounts from where they are written for people. */
function withoutGroups(value: unknown): unknown {
  const text = trimmed(value)
  return typeof text === 'string' ? text.replaceAll(',', '') : text
}

/**
 * Minor units of an amount that somebody filters by; of a currency with two decimals unless one is named.
 *
 * @returns undefined for an amount that the currency does not have, which nothing equals
 */
export function minorOf(text: string, currency?: string): bigint | undefined {
  try {
    const counted = currency && isKnownCurrency(currency) ? currency : 'USD'
    return Money.parse(text.replace(/^0+(?=\d)/, ''), counted).minor
  } catch (error) {
    if (error instanceof InvalidAmount) return undefined
    throw error
  }
}

/** The moment at which the day after a day begins: a period has all of its last day. */
export function endOf(dayText: string): string {
  return DateTime.fromISO(dayText, { zone: 'utc' }).plus({ days: 1 }).toISODate()!
}
