import { inline } from '#openapi/markdown'
import type { Schema } from '#openapi/operation'

/** One line of a schema: a member, or one of several shapes. */
export interface SchemaRow {
  /** How far in. */
  depth: number
  name: string
  required: boolean
  /** Such as `string or null`, `array of Milestone`. HTML, because names are links. */
  type: string
  /** What else must hold: formats, limits, choices. HTML. */
  rules: string
  description: string
  /** Of a parameter: path, query or header. */
  place?: string
}

/** A schema as lines for people, members of members further in. */
export function describeSchema(schema: Schema, depth = 0): SchemaRow[] {
  const rows = membersOf(schema, depth)
  if (rows.length > 0) return rows
  return [{ depth, name: '', required: false, ...lineOf(schema), description: '' }]
}

function membersOf(schema: Schema, depth: number): SchemaRow[] {
  const alternatives = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined
  if (alternatives) {
    const shapes = alternatives.filter(({ type }) => type !== 'null')
    if (shapes.length === 1) return membersOf(shapes[0], depth)
    return shapes.flatMap((shape, index) => {
      const inner = membersOf(shape, depth + 1)
      const head = {
        depth,
        name: index === 0 ? 'either' : 'or',
        required: false,
        ...lineOf(shape),
        description: '',
      }
      return inner.length > 0 || shape.$ref ? [head, ...inner] : []
    })
  }
  if (schema.allOf) return (schema.allOf as Schema[]).flatMap((part) => membersOf(part, depth))
  if (schema.type === 'array') return membersOf(schema.items as Schema, depth)
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>)
  const required = (schema.required ?? []) as string[]
  return properties.flatMap(([name, property]) => [
    {
      depth,
      name,
      required: required.includes(name),
      ...lineOf(property),
      description: inline(String(property.description ?? '')),
    },
    ...membersOf(property, depth + 1),
  ])
}

function lineOf(schema: Schema): Pick<SchemaRow, 'type' | 'rules'> {
  return { type: typeOf(schema), rules: rulesOf(schema).join(', ') }
}

function typeOf(schema: Schema): string {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').at(-1)
    return `<a href="#schema/${name}">${name}</a>`
  }
  const alternatives = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined
  if (alternatives) return [...new Set(alternatives.map(typeOf))].join(' or ')
  if (schema.type === 'array') return `array of ${typeOf(schema.items as Schema)}`
  if (schema.format === 'binary') return 'file'
  const types = [schema.type ?? 'any'].flat() as string[]
  return types.join(' or ')
}

function rulesOf(schema: Schema): string[] {
  if (schema.type === 'array') {
    return [
      ...range('items', schema.minItems, schema.maxItems),
      ...(schema.uniqueItems ? ['no two alike'] : []),
      ...rulesOf(schema.items as Schema),
    ]
  }
  const alternatives = schema.anyOf as Schema[] | undefined
  if (alternatives) return alternatives.flatMap(rulesOf)
  const choices = schema.const === undefined ? schema.enum : [schema.const]
  return [
    ...((choices as unknown[] | undefined)?.filter((one) => one !== null).map(code) ?? []),
    ...(schema.format && schema.format !== 'binary' ? [String(schema.format)] : []),
    ...range('characters', schema.minLength, schema.maxLength),
    ...range('', schema.minimum, schema.maximum),
    ...(schema.pattern ? [code(schema.pattern)] : []),
  ]
}

function range(of: string, from: unknown, to: unknown): string[] {
  if (from === undefined && to === undefined) return []
  const words =
    from === to
      ? `${from}`
      : from === undefined
        ? `at most ${to}`
        : to === undefined
          ? `at least ${from}`
          : `${from} to ${to}`
  return [`${words} ${of}`.trim()]
}

function code(value: unknown): string {
  const text = String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<code>${text}</code>`
}
