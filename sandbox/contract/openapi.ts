import type { ReviewedFields } from './reviewed_fields.js'

/** The parts of an OpenAPI 3.0 document that a contract check reads. */
export interface OpenApiDocument {
  paths: Record<string, Record<string, OpenApiOperation | undefined>>
  components: { schemas: Record<string, JsonSchema> }
}
export interface OpenApiOperation {
  parameters?: Reference<OpenApiParameter>[]
  requestBody?: Reference<OpenApiBody>
  responses: Record<string, Reference<OpenApiBody>>
}
export interface OpenApiParameter {
  name: string
  in: string
  required?: boolean | null
  schema: JsonSchema
}
export interface OpenApiBody {
  content?: Record<string, { schema?: JsonSchema }>
}
/** Something, or where it is in the document. */
export type Reference<T> = T | { $ref: string }
export type JsonSchema = { [key: string]: unknown }

const ANNOTATIONS = new Set([
  ...['nullable', 'description', 'title', 'example', 'examples', 'discriminator'],
  ...['deprecated', 'readOnly', 'writeOnly', 'externalDocs', 'default'],
])

/**
 * How far a schema is closed, so that a field that the document does not know is a violation and not
 * merely unchecked. What is a part of a composition (`allOf`) stays open itself: the whole is closed. A
 * mere refinement of another part, which repeats some of its fields, stays open in all its depth.
 */
export type Closing = 'closed' | 'part' | 'refinement'

/** Looks a reference up, such as `#/components/parameters/id`. */
export function resolved<T extends object>(document: OpenApiDocument, found: Reference<T>): T {
  if (!('$ref' in found)) return found
  const keys = found.$ref.replace('#/', '').split('/')
  const target = keys.reduce<unknown>((inner, key) => (inner as JsonSchema)?.[key], document)
  if (!target) throw new Error(`The document has no ${found.$ref}`)
  return resolved(document, target as Reference<T>)
}

/**
 * Turns a schema of OpenAPI 3.0 into JSON Schema: `nullable` becomes a null type, and references point
 * into the document's id. What stands beside a reference has no meaning in OpenAPI 3.0, and is dropped.
 */
export function toJsonSchema(
  schema: JsonSchema,
  documentId: string,
  closing: Closing = 'closed'
): JsonSchema {
  if (typeof schema.$ref === 'string') {
    const kept = closing === 'closed' ? schema.$ref : partOf(schema.$ref)
    const reference = { $ref: `${documentId}${kept}` }
    return schema.nullable ? { anyOf: [{ type: 'null' }, reference] } : reference
  }
  const inner = closing === 'refinement' ? closing : 'closed'
  const converted: JsonSchema = {}
  for (const [key, value] of Object.entries(schema)) {
    if (ANNOTATIONS.has(key) || key.startsWith('x-')) continue
    if (key === 'properties') converted.properties = eachSchema(value, documentId, inner)
    else if (key === 'items' || (key === 'additionalProperties' && typeof value === 'object')) {
      converted[key] = toJsonSchema(value as JsonSchema, documentId, inner)
    } else if (key === 'anyOf' || key === 'oneOf' || key === 'allOf') {
      const part = closing === 'closed' && key === 'allOf' ? 'part' : closing
      converted[key] = (value as JsonSchema[]).map((each) => toJsonSchema(each, documentId, part))
    } else converted[key] = value
  }
  // An object without listed properties is free by intent, as metadata is.
  const listed = converted.properties && Object.keys(converted.properties).length > 0
  if (closing === 'closed' && converted.allOf) converted.unevaluatedProperties ??= false
  else if (closing === 'closed' && listed) converted.additionalProperties ??= false
  return schema.nullable ? { anyOf: [{ type: 'null' }, converted] } : converted
}

/** Every component is there twice: by itself, and as it is in a composition. */
function partOf(reference: string): string {
  return reference.replace('#/components/schemas/', '#/components/parts/')
}

/**
 * All components of a document, with the fields that were reviewed added to those that it lists.
 *
 * @param refinements names of components that only narrow others down
 */
export function componentsOf(
  document: OpenApiDocument,
  documentId: string,
  reviewed: ReviewedFields['answers'],
  refinements = /^$/
): Record<'schemas' | 'parts', Record<string, JsonSchema>> {
  const all = (closing: Closing) =>
    Object.fromEntries(
      Object.entries(document.components.schemas).map(([name, schema]) => [
        name,
        toJsonSchema(schema, documentId, refinements.test(name) ? 'refinement' : closing),
      ])
    )
  const components = { schemas: all('closed'), parts: all('part') }
  for (const each of Object.values(components)) addReviewed(each, reviewed)
  return components
}

function addReviewed(
  components: Record<string, JsonSchema>,
  reviewed: ReviewedFields['answers']
): void {
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
}

function eachSchema(
  schemas: unknown,
  documentId: string,
  closing: Closing
): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(schemas as Record<string, JsonSchema>).map(([name, schema]) => [
      name,
      toJsonSchema(schema, documentId, closing),
    ])
  )
}
