import type { ReviewedFields } from './reviewed_fields.js'

/** The parts of an OpenAPI 3.0 document that a contract check reads. */
export interface OpenApiDocument {
  paths: Record<string, Record<string, OpenApiOperation | undefined>>
  components: { schemas: Record<string, JsonSchema> }
}
export interface OpenApiOperation {
  parameters?: { name: string; in: string; required?: boolean; schema: JsonSchema }[]
  requestBody?: { content: Record<string, { schema: JsonSchema }> }
  responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>
}
export type JsonSchema = { [key: string]: unknown }

const ANNOTATIONS = new Set(['nullable', 'description', 'title', 'example', 'discriminator'])

/**
 * Turns a schema of OpenAPI 3.0 into JSON Schema: `nullable` becomes a null type, references point into
 * the document's id, and objects are closed, so that a field that the document does not know is a
 * violation and not merely unchecked.
 */
export function toJsonSchema(schema: JsonSchema, documentId: string): JsonSchema {
  const converted: JsonSchema = {}
  for (const [key, value] of Object.entries(schema)) {
    if (ANNOTATIONS.has(key) || key.startsWith('x-')) continue
    if (key === '$ref') converted.$ref = `${documentId}${value as string}`
    else if (key === 'properties') converted.properties = eachSchema(value, documentId)
    else if (key === 'items' || (key === 'additionalProperties' && typeof value === 'object')) {
      converted[key] = toJsonSchema(value as JsonSchema, documentId)
    } else if (['anyOf', 'oneOf', 'allOf'].includes(key)) {
      converted[key] = (value as JsonSchema[]).map((each) => toJsonSchema(each, documentId))
    } else converted[key] = value
  }
  // An object without listed properties is free by intent, as metadata is.
  const listed = converted.properties && Object.keys(converted.properties).length > 0
  if (listed) converted.additionalProperties ??= false
  return schema.nullable ? { anyOf: [{ type: 'null' }, converted] } : converted
}

/** All components of a document, with the fields that were reviewed added to those that it lists. */
export function componentsOf(
  document: OpenApiDocument,
  documentId: string,
  reviewed: ReviewedFields['answers']
): Record<string, JsonSchema> {
  const components = eachSchema(document.components.schemas, documentId)
  for (const [name, fields] of Object.entries(reviewed)) {
    const component = components[name] as { properties?: Record<string, JsonSchema> } | undefined
    if (!component?.properties) throw new Error(`Reviewed fields of "${name}": no such component`)
    for (const field of Object.keys(fields)) {
      const [property, value] = field.split('=')
      const known = component.properties[property] as JsonSchema | undefined
      if (value === undefined) {
        if (known) throw new Error(`Reviewed field "${name}.${field}" is in the document already`)
        component.properties[property] = {}
      } else component.properties[property] = { anyOf: [known ?? {}, { const: value }] }
    }
  }
  return components
}

function eachSchema(schemas: unknown, documentId: string): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(schemas as Record<string, JsonSchema>).map(([name, schema]) => [
      name,
      toJsonSchema(schema, documentId),
    ])
  )
}
