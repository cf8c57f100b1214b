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

/** Words of people: trimmed, at least one character, at most `max`. */
export function text(max: number) {
  return vine.string().trim().minLength(1).maxLength(max).use(storable())
}
