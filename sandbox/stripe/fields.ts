import { invalidParam } from './errors.js'
import type { Form, FormValue } from './form.js'

/** One parameter: how its wire form is read, and whether it must be there. */
export interface Field<T, Required extends boolean = false> {
  required: Required
  read(value: FormValue, name: string): T
}
export type Shape = Record<string, Field<unknown, boolean>>

/** The values that a shape yields: required fields are there, others may be undefined. */
export type Values<S extends Shape> = {
  [K in keyof S as S[K] extends Field<unknown, true> ? K : never]: Read<S[K]>
} & {
  [K in keyof S as S[K] extends Field<unknown, true> ? never : K]?: Read<S[K]>
}
type Read<F> = F extends Field<infer T, boolean> ? T : never

function field<T>(read: (value: FormValue, name: string) => T): Field<T> {
  return { required: false, read }
}

/** The same field, but its absence is `parameter_missing`. */
export function required<T>(optional: Field<T>): Field<T, true> {
  return { ...optional, required: true }
}

export const string = textOf(5000)

/** A string of up to so many characters. */
export function textOf(limit: number): Field<string> {
  return field((value, name) => readText(value, name, limit))
}

function readText(value: FormValue, name: string, limit: number): string {
  if (typeof value !== 'string')
    throw invalidParam(undefined, `Invalid string: ${show(value)}`, name)
  if (value === '') {
    throw invalidParam(
      'parameter_invalid_empty',
      `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset. You should remove '${name}' from your request or supply a non-empty value.`,
      name
    )
  }
  if (value.length > limit) {
    throw invalidParam(
      'parameter_invalid_string',
      `Invalid string: must be at most ${limit} characters`,
      name
    )
  }
  return value
}

/** A string that an empty value clears. */
export const clearable = field((value, name) => (value === '' ? null : string.read(value, name)))

export const integer = field((value, name) => {
  if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value)
  throw invalidParam('parameter_invalid_integer', `Invalid integer: ${show(value)}`, name)
})

/** An amount in minor units, at least 1. */
export const amount = field((value, name) => {
  const minor = integer.read(value, name)
  if (minor >= 1) return minor
  throw invalidParam(
    'parameter_invalid_integer',
    'This value must be greater than or equal to 1.',
    name
  )
})

export const boolean = field((value, name) => {
  if (value === 'true' || value === 'false') return value === 'true'
  throw invalidParam(undefined, `Invalid boolean: ${show(value)}`, name)
})

const CURRENCIES = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()))

/** A three-letter ISO code; Stripe takes either case and answers in lower case. */
export const currency = field((value, name) => {
  const code = string.read(value, name).toLowerCase()
  if (CURRENCIES.has(code)) return code
  throw invalidParam(undefined, `Invalid currency: ${code}. Stripe does not know it.`, name)
})

/** One of the given words. */
export function oneOf<const W extends string>(...words: W[]): Field<W> {
  return field((value, name) => {
    if (words.includes(value as W)) return value as W
    const listed = words.length > 1 ? `one of ${words.join(', ')}` : words[0]
    throw invalidParam(undefined, `Invalid ${name}: must be ${listed}`, name)
  })
}

/** A list whose members are each read by `member`. */
export function listOf<T>(member: Field<T>): Field<T[]> {
  return field((value, name) => {
    if (!Array.isArray(value)) throw invalidParam(undefined, 'Invalid array', name)
    return value.map((each, index) => member.read(each, `${name}[${index}]`))
  })
}

/** A nested hash of known parameters. */
export function hash<S extends Shape>(shape: S): Field<Values<S>> {
  return field((value, name) => {
    if (typeof value === 'string' || Array.isArray(value)) {
      throw invalidParam(undefined, 'Invalid object', name)
    }
    return readShape(shape, value, name)
  })
}

/** Anything of the form, for hashes whose content the stand-in only passes through. */
export const opaque = field((value) => value)

/** Metadata as changes: a null unsets its key, and null for the whole unsets them all. */
export const metadata = field((value, name): Record<string, string | null> | null => {
  if (value === '') return null
  // A hash whose keys are all numbers was decoded as a list.
  const pairs = typeof value === 'object' ? Object.entries(value) : []
  if (typeof value === 'string') throw invalidParam(undefined, 'Invalid object', name)
  if (pairs.length > 50) {
    throw invalidParam(undefined, 'Metadata can have at most 50 keys.', name)
  }
  const changes: Record<string, string | null> = {}
  for (const [key, text] of pairs) {
    const at = `${name}[${key}]`
    if (typeof text !== 'string') throw invalidParam(undefined, `Invalid string: ${show(text)}`, at)
    if (key.length > 40)
      throw invalidParam(undefined, `Metadata keys can be at most 40 characters.`, at)
    if (text.length > 500) {
      throw invalidParam(
        undefined,
        `Metadata values can have up to 500 characters, but you passed in a value that is ${text.length} characters.`,
        at
      )
    }
    changes[key] = text === '' ? null : text
  }
  return changes
})

/** A time, or a range with `gt`, `gte`, `lt` and `lte`, in unix seconds. */
export const timeRange = field((value, name) => {
  if (typeof value === 'string') {
    const at = integer.read(value, name)
    return { gte: at, lte: at }
  }
  return hash({ gt: integer, gte: integer, lt: integer, lte: integer }).read(value, name)
})

/** Reads a whole request (or a nested hash) and refuses what its endpoint does not know. */
export function readShape<S extends Shape>(shape: S, form: Form, prefix = ''): Values<S> {
  const named = (key: string) => (prefix ? `${prefix}[${key}]` : key)
  for (const key of Object.keys(form)) {
    if (!Object.hasOwn(shape, key)) {
      throw invalidParam(
        'parameter_unknown',
        `Received unknown parameter: ${named(key)}`,
        named(key)
      )
    }
  }
  const values: Record<string, unknown> = {}
  for (const [key, each] of Object.entries(shape)) {
    if (form[key] !== undefined) values[key] = each.read(form[key], named(key))
    else if (each.required) {
      throw invalidParam('parameter_missing', `Missing required param: ${named(key)}.`, named(key))
    }
  }
  return values as Values<S>
}

function show(value: FormValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
