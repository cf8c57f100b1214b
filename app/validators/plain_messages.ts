import type { FieldContext, MessagesProviderContact } from '@vinejs/vine/types'

/** What a rule reports beside its text: `{ min: 1 }`. */
type Values = Record<string, any>

/**
 * What is wrong with a field, in words for who filled it in. `{{ field }}` in the text of a rule of our own
 * becomes the field's name; of Vine's rules every text is here.
 */
export class PlainMessages implements MessagesProviderContact {
  getMessage(text: string, rule: string, field: FieldContext, values: Values = {}): string {
    const say = SAYINGS[rule]
    return say ? say(values, field) : text.replaceAll('{{ field }}', nameOf(field))
  }
}

/** As the client wrote it: `links[0]`, `security.email`. The body itself has no name. */
function nameOf(field: FieldContext): string {
  const path = field.getFieldPath().replace(/\.(\d+)(?=\.|$)/g, '[$1]')
  return path === '' ? 'The body' : path
}

const SAYINGS: Record<string, (values: Values, field: FieldContext) => string> = {
  'required': (_, field) => MISSING[field.wildCardPath] ?? `${nameOf(field)} is missing.`,
  'string': (_, field) => `${nameOf(field)} must be text.`,
  'email': () => 'Give an e-mail address such as ada@example.com.',
  'url': (_, field) =>
    field.wildCardPath === 'links.*'
      ? 'Give a web address that begins with https://.'
      : 'Give a web address that begins with http:// or https://.',
  'uuid': (_, field) => `${nameOf(field)} is no id.`,
  'regex': (_, field) =>
    WRITTEN[field.wildCardPath] ?? `${nameOf(field)} is not written as it must be.`,
  'minLength': ({ min }, field) =>
    `${nameOf(field)} must have at least ${count(min, 'character')}.`,
  'maxLength': ({ max }, field) => `${nameOf(field)} may have at most ${count(max, 'character')}.`,
  'array.minLength': ({ min }, field) =>
    `${nameOf(field)} must have at least ${count(min, 'item')}.`,
  'array.maxLength': ({ max }, field) => `${nameOf(field)} may have at most ${count(max, 'item')}.`,
  'distinct': (_, field) => `${nameOf(field)} names something twice.`,
  'array': (_, field) => `${nameOf(field)} must be a list.`,
  'object': (_, field) => `${nameOf(field)} must be a JSON object.`,
  'boolean': (_, field) => `${nameOf(field)} must be true or false.`,
  'number': (_, field) => `${nameOf(field)} must be a number.`,
  'withoutDecimals': (_, field) => `${nameOf(field)} must be a whole number.`,
  'range': ({ min, max }, field) => `${nameOf(field)} must be from ${min} to ${max}.`,
  'enum': ({ choices }, field) => `${nameOf(field)} must be ${oneOf(choices ?? [])}.`,
  'literal': ({ expectedValue }, field) => `${nameOf(field)} must be ${expectedValue}.`,
}

/** What is missing where nobody typed anything. */
const MISSING: Record<string, string> = {
  events: 'Choose at least one event in the list first.',
}

const ONE_LINE = 'Write it on one line, without control characters.'

/** How what has a pattern is written, by field. */
const WRITTEN: Record<string, string> = {
  'email': 'Give an e-mail address such as ada@example.com.',
  'code': 'Give the six digits that the app shows.',
  'country': 'Give the country as two letters such as US.',
  'first_name': ONE_LINE,
  'last_name': ONE_LINE,
  'skills.*': ONE_LINE,
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`
}

function oneOf(choices: readonly unknown[]): string {
  const words = choices.map(String)
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
