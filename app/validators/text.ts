import vine from '@vinejs/vine'
import type { FieldContext } from '@vinejs/vine/types'

/** PostgreSQL stores every character but NUL; half of a surrogate pair is no character. */
export const storable = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value !== 'string') return
    if (value.includes('\0')) {
      field.report('{{ field }} contains a NUL character, which cannot be stored.', 'text', field)
    } else if (!value.isWellFormed()) {
      field.report(
        '{{ field }} is no well-formed Unicode: half a character is missing.',
        'text',
        field
      )
    }
  },
  { name: 'text' }
)

/** An address that a browser can be sent to. */
export function url() {
  return vine
    .string()
    .trim()
    .maxLength(2000)
    .url({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
    .use(storable())
}

/** Line breaks and other control characters, and what turns the direction of the text after it around. */
const NOT_IN_A_LINE = '\\p{Cc}\\p{Zl}\\p{Zp}\\u202A-\\u202E\\u2066-\\u2069'
const LINE = new RegExp(`^[^${NOT_IN_A_LINE}]*$`, 'u')

const inOneLine = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value !== 'string' || LINE.test(value)) return
    field.report(
      '{{ field }} must be one line of text, without control characters.',
      'one_line',
      field
    )
  },
  { name: 'one_line', toJSONSchema: (schema) => (schema.pattern = LINE.source) }
)

/** A web address, as mail programs make a link of it. */
const WEB_ADDRESS = /https?:\/\/|www\./i

const noWebAddress = vine.createRule(
  (value: unknown, _: undefined, field: FieldContext) => {
    if (typeof value !== 'string' || !WEB_ADDRESS.test(value)) return
    field.report('{{ field }} must be a name, without a web address.', 'no_web_address', field)
  },
  { name: 'no_web_address' }
)

/**
 * A line of text, such as a title: it goes into subjects and text mails, where nothing of it may pass for
 * a header, for another line, or for other letters than were written. It may be empty.
 */
export function line(max: number) {
  return vine.string().trim().maxLength(max).use(storable()).use(inOneLine())
}

/** What somebody is called. Names are in the subjects of mails to strangers: no room for advertisements. */
export function personName() {
  return line(100).use(noWebAddress())
}

/** A name that somebody else has for a person, made fit; empty where it cannot be. */
export function fitName(value: unknown): string {
  if (typeof value !== 'string' || !value.isWellFormed() || WEB_ADDRESS.test(value)) return ''
  return value
    .replace(new RegExp(`[${NOT_IN_A_LINE}]`, 'gu'), ' ')
    .trim()
    .slice(0, 100)
    .toWellFormed()
}

/** Words of people: trimmed, at least one character, at most `max`. */
export function text(max: number) {
  return vine.string().trim().minLength(1).maxLength(max).use(storable())
}
