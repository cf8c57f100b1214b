import { inline, markdown } from '#openapi/markdown'
import { describeSchema, type SchemaRow } from '#openapi/schema_rows'
import type { OpenApiDocument } from '#openapi/build_document'

/*
 * The page at /docs is the document as HTML, made once by the server. It needs no script, so it works
 * under the strictest policy and everywhere that HTML does. All text is ours; Markdown in it may be HTML.
 */

export interface PageOperation {
  id: string
  method: string
  path: string
  summary: string
  description: string
  parameters: SchemaRow[]
  bodies: PageContent[]
  bodyRequired: boolean
  responses: PageResponse[]
}

interface PageContent {
  type: string
  rows: SchemaRow[]
  examples: { title: string; text: string }[]
}

interface PageResponse {
  status: string
  ok: boolean
  description: string
  headers: SchemaRow[]
  contents: PageContent[]
}

export interface Page {
  title: string
  server: string
  introduction: string
  sections: { id: string; title: string }[]
  tags: { id: string; name: string; description: string; operations: PageOperation[] }[]
  schemas: { id: string; name: string; description: string; rows: SchemaRow[] }[]
}

/** What the page's template shows. */
export function pageOf(document: OpenApiDocument): Page {
  const introduction = withAnchors(markdown(String(document.info.description)))
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      tag: operation.tags[0] as string,
      operation: operationOf(document, path, method, operation),
    }))
  )
  const tags = document.tags as { name: string; description: string }[]
  return {
    title: String(document.info.title),
    server: (document.servers as { url: string }[])[0].url,
    introduction: introduction.html,
    sections: introduction.sections,
    tags: tags.map(({ name, description }) => ({
      id: `tag/${name.replaceAll(' ', '-')}`,
      name,
      description: markdown(description),
      operations: operations.filter(({ tag }) => tag === name).map(({ operation }) => operation),
    })),
    schemas: Object.entries(document.components.schemas).map(([name, schema]) => ({
      id: `schema/${name}`,
      name,
      description: markdown(String(schema.description ?? '')),
      rows: describeSchema(schema),
    })),
  }
}

function operationOf(
  document: OpenApiDocument,
  path: string,
  method: string,
  operation: any
): PageOperation {
  const parameters = (operation.parameters ?? []) as any[]
  return {
    id: `operation/${operation.operationId}`,
    method: method.toUpperCase(),
    path,
    summary: operation.summary,
    description: markdown(operation.description),
    parameters: parameters.map((one) => ({
      ...describeSchema({ type: 'object', properties: { [one.name]: one.schema } })[0],
      required: one.required === true,
      place: one.in,
      description: inline(one.description ?? one.schema.description ?? ''),
    })),
    bodies: contentsOf(operation.requestBody?.content),
    bodyRequired: operation.requestBody?.required !== false,
    responses: Object.entries(operation.responses).map(([status, response]) =>
      responseOf(document, status, response)
    ),
  }
}

function responseOf(document: OpenApiDocument, status: string, given: any): PageResponse {
  const name = given.$ref?.split('/').at(-1)
  const response = name ? (document.components.responses as any)[name] : given
  const headers = Object.entries<any>(response.headers ?? {})
  // What a problem looks like is the same for all: their codes are in the description.
  const content = Object.fromEntries(
    Object.entries(response.content ?? {}).filter(([type]) => type !== 'application/problem+json')
  )
  return {
    status,
    ok: status < '400',
    description: markdown(response.description),
    headers: headers.map(([header, { description, schema }]) => ({
      ...describeSchema({ type: 'object', properties: { [header]: schema } })[0],
      required: false,
      description: inline(description),
    })),
    contents: contentsOf(content),
  }
}

function contentsOf(content: Record<string, any> = {}): PageContent[] {
  return Object.entries(content).map(([type, { schema, examples = {} }]) => ({
    type,
    rows: describeSchema(schema),
    examples: Object.values<any>(examples).map(({ summary, value }) => ({
      title: summary ?? 'Example',
      text: typeof value === 'string' ? value : JSON.stringify(value, null, 2),
    })),
  }))
}

/** Gives the headings ids to be linked to, and lists them. They are below the page's own title. */
function withAnchors(html: string) {
  const sections: { id: string; title: string }[] = []
  const linked = html.replaceAll(/<h1>(.*?)<\/h1>/g, (_, title: string) => {
    const id = `section/${title.replaceAll(' ', '-')}`
    sections.push({ id, title })
    return `<h2 id="${id}">${title}</h2>`
  })
  return { html: linked, sections }
}
