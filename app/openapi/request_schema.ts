import { describeFields } from '#openapi/fields'
import type { Schema, Validator } from '#openapi/operation'

/**
 * What a validator takes, as JSON Schema. Vine knows most of it; what it says differently from what it
 * does is mended here.
 */
export function requestSchema(validator: Validator): Schema {
  return describeFields(mended(validator.toJSONSchema() as Schema), 'request')
}

/** A body that is read by one validator or by another. */
export function eitherOf(...validators: Validator[]): Validator {
  return { toJSONSchema: () => ({ anyOf: validators.map((one) => one.toJSONSchema()) }) }
}

/** A query's fields, each a parameter. Everything in a query is text, so lists have brackets. */
export function queryParameters(validator: Validator): Schema[] {
  const { properties = {}, required = [] } = requestSchema(validator) as {
    properties?: Record<string, Schema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name: schema.type === 'array' ? `${name}[]` : name,
    in: 'query',
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }))
}

function mended(schema: Schema): Schema {
  const copy: Schema = {}
  for (const [key, value] of Object.entries(schema)) copy[key] = inner(value)

  // Members that a request has beyond those are dropped, not refused.
  if (copy.additionalProperties === false) delete copy.additionalProperties
  if (Array.isArray(copy.required) && copy.required.length === 0) delete copy.required

  const choices = copy.enum as unknown[] | undefined
  // A checkbox of a form, an integer and the word all count.
  if (choices?.includes('true')) return { ...without(copy, 'enum'), type: 'boolean' }
  if (choices && copy.type === undefined && choices.every((each) => typeof each === 'string')) {
    copy.type = 'string'
  }
  if (choices?.length === 1) return { ...without(copy, 'enum'), const: choices[0] }

  return asMerged(copy)
}

/** An object merged with a group of alternatives is both, which Vine writes as one or the other. */
function asMerged(schema: Schema): Schema {
  const parts = schema.anyOf as Schema[] | undefined
  const own = parts?.at(-1)
  if (!own?.properties || !parts!.slice(0, -1).every((part) => part.anyOf)) return schema
  if (parts!.length < 2) return schema
  const groups = parts!.slice(0, -1)
  const bare = Object.keys(own.properties).length === 0
  if (bare && groups.length === 1) return { ...without(schema, 'anyOf'), ...groups[0] }
  return { ...without(schema, 'anyOf'), allOf: bare ? groups : [own, ...groups] }
}

function inner(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inner)
  if (!value || typeof value !== 'object') return value
  return mended(value as Schema)
}

function without(schema: Schema, key: string): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== key))
}
