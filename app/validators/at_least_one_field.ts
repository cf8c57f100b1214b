import vine from '@vinejs/vine'
import type { FieldContext } from '@vinejs/vine/types'

/**
 * Refuses a change that changes nothing: more likely a misspelt field than a wish. The names are
 * needed because a rule on an object sees all that was sent, known or not.
 */
export const atLeastOneField = vine.createRule(
  (value: unknown, names: string[], field: FieldContext) => {
    const sent = value as Record<string, unknown> | null | undefined
    if (!field.isValid || names.some((name) => (sent?.[name] ?? null) !== null)) return
    const unknown = Object.keys(sent ?? {}).find((name) => !names.includes(name))
    if (unknown === undefined) {
      field.report(`Name at least one of ${names.join(', ')}.`, 'at_least_one_field', field)
      return
    }
    const name = unknown.slice(0, 100)
    const path = [field.getFieldPath(), name].filter(Boolean).join('.')
    field.report(
      `There is no such field. Name at least one of ${names.join(', ')}.`,
      'at_least_one_field',
      {
        ...field,
        name,
        wildCardPath: path,
        getFieldPath: () => path,
      }
    )
  },
  { name: 'at_least_one_field' }
)
