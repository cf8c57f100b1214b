import { responseSchemas } from '#generated/response_schemas'
import { describeFields } from '#openapi/fields'
import { introduction } from '#openapi/introduction'
import { TAGS, metaWith, type Operation, type Schema } from '#openapi/operation'
import { operations } from '#openapi/operations/index'
import { PROBLEM_MEMBERS, PROBLEMS, type ProblemCode } from '#openapi/problems'
import { queryParameters, requestSchema } from '#openapi/request_schema'
import { examplesOf } from '#openapi/examples'

/** A route as the router lists it. */
export interface DocumentedRoute {
  name?: string
  pattern: string
  methods: string[]
}

export interface OpenApiDocument {
  openapi: string
  info: Schema
  paths: Record<string, Record<string, any>>
  components: { schemas: Record<string, Schema> } & Record<string, Schema>
  [member: string]: unknown
}

/** A pattern as the document writes it: `/api/projects/{id}`; what a `*` stands for is called `path`. */
export function pathOf(pattern: string): string {
  return pattern.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}')
}

/** `GET /api/projects/:id`: what an entry of `app/openapi/operations` is called. */
export function routeKeys({ pattern, methods }: DocumentedRoute): string[] {
  return methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${pattern}`)
}

/**
 * The OpenAPI 3.1 document of the routes that have an entry; a test sees to it that all have.
 *
 * @param appUrl where the API is reached, without a slash at the end
 */
export function buildDocument(routes: DocumentedRoute[], appUrl: string): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {}
  for (const route of routes) {
    for (const key of routeKeys(route)) {
      const entry = operations[key]
      if (!entry) continue
      const path = pathOf(route.pattern)
      const [method] = key.split(' ')
      paths[path] ??= {}
      paths[path][method.toLowerCase()] = describeOperation(route, key, entry)
    }
  }
  const responses = shareProblems(paths)
  return {
    openapi: '3.1.0',
    info: {
      title: 'SafeSend API',
      version: '1.0.0',
      summary:
        'Escrow for milestones: hold a client’s money for a freelancer’s work and pay it out.',
      description: introduction(),
      license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
    },
    servers: [{ url: appUrl }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: referencedBy([paths, responses], components()),
      responses,
      securitySchemes: {
        access_token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'The `access_token` of a sign-in, for 15 minutes. Refresh it before it expires.',
        },
      },
    },
    security: [{ access_token: [] }],
  }
}

function describeOperation(route: DocumentedRoute, key: string, entry: Operation) {
  const parameters = [
    ...pathParameters(route.pattern, entry),
    ...headerParameters(entry),
    ...(entry.query ? queryParameters(entry.query) : []),
  ]
  const examples = examplesOf(key)
  return {
    operationId: operationId(route.name ?? key),
    summary: entry.summary,
    description: [whoMay(entry), entry.description].filter(Boolean).join('\n\n'),
    tags: [entry.tag],
    ...((entry.who === 'anyone' || entry.who === 'provider') && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(entry.body && { requestBody: requestBody(entry, examples) }),
    responses: { ...successes(entry, examples), ...problems(entry, route) },
  }
}

const WHO: Record<Operation['who'], string> = {
  'anyone': '**For anyone.**',
  'signed in': '**For who is signed in.**',
  'client': '**For clients.**',
  'freelancer': '**For freelancers.**',
  'provider': '**For the payment provider.**',
}

function whoMay({ who, verified }: Operation): string {
  return verified ? WHO[who].replace('.**', ' with a verified e-mail address.**') : WHO[who]
}

/** `api.projects.milestones.index` is `projectsMilestonesIndex`. */
function operationId(name: string): string {
  return name
    .replace(/^api\./, '')
    .replaceAll(/[^a-zA-Z0-9]+(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function pathParameters(pattern: string, entry: Operation): Schema[] {
  return [...pathOf(pattern).matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: entry.params?.[name] ?? { type: 'string', format: 'uuid' },
  }))
}

function headerParameters(entry: Operation): Schema[] {
  const headers = Object.entries(entry.headers ?? {}).map(([name, { description, ...schema }]) => ({
    name,
    in: 'header',
    description,
    schema,
  }))
  return entry.idempotent ? [IDEMPOTENCY_KEY, ...headers] : headers
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description:
    'New for each intent, the same for its retries: see [Idempotency](#section/Idempotency).',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  example: '5f0c9c2e-8f0a-4c57-9f2b-0d7c2b7c6a11',
}

export interface RecordedExample {
  /** What makes it different from the route's other ones. */
  title?: string
  request?: unknown
  status: number
  response?: unknown
}

function requestBody(entry: Operation, examples: readonly RecordedExample[]) {
  const body = entry.body!
  if ('content' in body) {
    const sent = examples.filter(({ request }) => request !== undefined)
    const content = mapValues(body.content, (schema) => ({ schema, ...named(sent, 'request') }))
    return { required: !entry.bodyOptional, content }
  }
  return {
    required: !entry.bodyOptional,
    content: {
      'application/json': {
        schema: requestSchema(body),
        ...named(
          examples.filter(({ request }) => request !== undefined),
          'request'
        ),
      },
    },
  }
}

function named(examples: readonly RecordedExample[], of: 'request' | 'response') {
  if (examples.length === 0) return {}
  return {
    examples: Object.fromEntries(
      examples.map((example, index) => [
        `example${index + 1}`,
        { ...(example.title && { summary: example.title }), value: example[of] },
      ])
    ),
  }
}

function successes(entry: Operation, examples: readonly RecordedExample[]) {
  return Object.fromEntries(
    Object.entries(entry.answers).map(([status, { description, content, headers }]) => {
      const seen = examples.filter((one) => one.status === Number(status) && one.response)
      const all = { ...headers, ...(entry.idempotent && REPLAYED) }
      return [
        status,
        {
          description,
          ...(Object.keys(all).length > 0 && { headers: all }),
          ...(content && {
            content: Object.fromEntries(
              Object.entries(content).map(([type, schema]) => [
                type,
                {
                  schema: describeFields(schema, 'answer'),
                  ...(/^(application\/json|text\/.*)$/.test(type) && named(seen, 'response')),
                },
              ])
            ),
          }),
        },
      ]
    })
  )
}

const REPLAYED = {
  'Idempotent-Replayed': {
    description: 'There, and `true`, when this answer was given before.',
    schema: { type: 'string', const: 'true' },
  },
}

/** What can go wrong, by status: the codes of each, and what they mean. */
function problems(entry: Operation, route: DocumentedRoute) {
  const byStatus = new Map<number, ProblemCode[]>()
  for (const [code, status] of codesOf(entry, route)) {
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, codes]) => {
        const unique = [...new Set(codes)].sort()
        return [
          status,
          {
            description: unique.map((code) => `- \`${code}\`: ${PROBLEMS[code].means}`).join('\n'),
            ...(status === 429 || status === 503 ? { headers: RETRY_AFTER } : {}),
            content: {
              'application/problem+json': {
                schema: {
                  allOf: [
                    { $ref: '#/components/schemas/Problem' },
                    { type: 'object', properties: { code: { enum: unique } } },
                  ],
                },
              },
            },
          },
        ]
      })
  )
}

/** Most operations fail in the same ways: what several say becomes a component with a name. */
function shareProblems(paths: OpenApiDocument['paths']): Record<string, Schema> {
  const seen = new Map<string, { name: string; response: Schema; places: [Schema, string][] }>()
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    for (const [status, response] of Object.entries<any>(operation.responses)) {
      const problem = response.content?.['application/problem+json']
      if (!problem) continue
      const codes: string[] = problem.schema.allOf[1].properties.code.enum
      const name = codes.map(pascalCase).join('Or') + status
      if (!seen.has(name)) seen.set(name, { name, response, places: [] })
      seen.get(name)!.places.push([operation.responses, status])
    }
  }
  const shared = [...seen.values()].filter(({ places }) => places.length > 1)
  for (const { name, places } of shared) {
    for (const [responses, status] of places) {
      responses[status] = { $ref: `#/components/responses/${name}` }
    }
  }
  return Object.fromEntries(shared.map(({ name, response }) => [name, response]))
}

function pascalCase(code: string): string {
  return code.replaceAll(/(^|_)(\w)/g, (_, __, letter: string) => letter.toUpperCase())
}

const RETRY_AFTER = {
  'Retry-After': {
    description: 'Seconds to wait before the next try.',
    schema: { type: 'integer', minimum: 0 },
  },
}

/** All codes that an operation can answer with: its own, and what follows from the rest of its entry. */
export function codesOf(
  entry: Operation,
  { pattern, methods }: DocumentedRoute
): [ProblemCode, number][] {
  const codes: (ProblemCode | readonly [ProblemCode, number])[] = ['internal_error', 'bad_request']
  const own = entry.who !== 'anyone' && entry.who !== 'provider'
  if (own) codes.push('unauthenticated')
  if (own && pattern.includes(':')) codes.push('not_found')
  if (/[:*]/.test(pattern)) codes.push('bad_url')
  if (entry.who === 'client' || entry.who === 'freelancer') codes.push('forbidden')
  if (entry.verified) codes.push('email_not_verified')
  if (pattern.startsWith('/api/') && entry.who !== 'provider') codes.push('too_many_requests')
  if (entry.query) codes.push('validation_failed')
  if (entry.body && !('content' in entry.body)) codes.push('validation_failed')
  // What has no use for a body still refuses one that it could not read.
  if (pattern.startsWith('/api/') && entry.who !== 'provider') {
    codes.push('malformed_json', 'unsupported_media_type', 'too_large')
    if (!entry.query && !methods.includes('GET')) codes.push('query_not_allowed')
  }
  if (entry.idempotent) {
    codes.push('idempotency_key_required', 'idempotency_key_invalid')
    codes.push('idempotency_in_progress', 'idempotency_key_reused')
  }
  return [...codes, ...(entry.problems ?? [])]
    .filter((code) => !entry.never?.includes(code as ProblemCode))
    .map((code) => {
      if (typeof code !== 'string') return [code[0], code[1]]
      const { status } = PROBLEMS[code]
      return [code, typeof status === 'number' ? status : status[0]]
    })
}

function components(): Record<string, Schema> {
  return {
    ...mapValues(responseSchemas as Record<string, Schema>, (schema) =>
      describeFields(schema, 'answer')
    ),
    PageMeta: { description: 'Where a list goes on.', ...metaWith({}) },
    Problem: {
      description: 'What went wrong (RFC 9457). Decide by `code`; `detail` is for people.',
      type: 'object',
      properties: {
        type: { type: 'string', format: 'uri', description: 'A page about this code.' },
        title: { type: 'string' },
        status: { type: 'integer' },
        detail: { type: 'string', description: 'What was wrong and what to do.' },
        code: { type: 'string', enum: Object.keys(PROBLEMS).sort() },
        request_id: { type: 'string', description: 'Finds the request in our logs.' },
        errors: {
          type: 'array',
          description: 'The fields that were refused.',
          items: {
            type: 'object',
            properties: {
              field: { type: 'string', description: 'Such as `changes.amount`.' },
              rule: { type: 'string' },
              message: { type: 'string' },
            },
            required: ['field', 'rule', 'message'],
            additionalProperties: false,
          },
        },
        ...PROBLEM_MEMBERS,
      },
      required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
      additionalProperties: false,
    },
  }
}

/** Of the schemas those that something refers to, however indirectly: not every transformer is an answer. */
function referencedBy(roots: unknown[], schemas: Record<string, Schema>): Record<string, Schema> {
  const found = new Set<string>()
  const look = (value: unknown) => {
    for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (found.has(name)) continue
      found.add(name)
      look(schemas[name])
    }
  }
  roots.forEach(look)
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => found.has(name)))
}

function mapValues<From, To>(record: Record<string, From>, change: (value: From) => To) {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, change(value)])
  ) as Record<string, To>
}
