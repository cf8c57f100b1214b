import assert from 'node:assert/strict'
import addFormats from 'ajv-formats'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import router from '@adonisjs/core/services/router'
import { pathOf, type OpenApiDocument } from '#openapi/build_document'
import { openApiDocument } from '#openapi/document'

/** An answer as it was read off the wire. */
export interface SeenAnswer {
  method: string
  /** The path of the request, without its query. */
  path: string
  status: number
  /** The header, with its parameters. */
  contentType: string
  body: string
}

let document: OpenApiDocument | undefined
let ajv: Ajv2020 | undefined
const compiled = new Map<string, ValidateFunction | string>()

/**
 * Fails unless the API's document says that this operation may answer so: the status, the content type,
 * and JSON to the last member. A code of a problem must be one that the operation lists.
 */
export function assertDocumented({ method, path, status, contentType, body }: SeenAnswer): void {
  const route = router.match(path, method, false)
  const pattern = route?.route.pattern
  if (pattern?.startsWith('/api/test/')) return
  const type = contentType.split(';')[0].trim()
  const check = checkFor(pattern ? method : '', pattern ?? '', status, type)
  const what = `${method} ${pattern ?? path}, ${status}`
  if (typeof check === 'string') {
    const code = type === 'application/problem+json' ? ` The code is ${JSON.parse(body).code}.` : ''
    assert.fail(
      `${what}: ${check}.${code} Document it in app/openapi/operations, or change the answer.`
    )
  }
  if (!check || !/^application\/(problem\+)?json$/.test(type)) return
  const value = JSON.parse(body)
  if (check(value)) return
  const wrong = check.errors!.map(({ instancePath, message, params }) =>
    `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`.trim()
  )
  assert.fail(
    `${what}: the answer is not as app/openapi documents it.\n${[...new Set(wrong)].join('\n')}\n${body.slice(0, 1000)}`
  )
}

function checkFor(method: string, pattern: string, status: number, type: string) {
  const key = `${method} ${pattern} ${status} ${type}`
  let found = compiled.get(key)
  if (found === undefined) {
    found = compile(method, pattern, status, type)
    compiled.set(key, found)
  }
  return found
}

/** What to check an answer with, or what is not documented. */
function compile(
  method: string,
  pattern: string,
  status: number,
  type: string
): ValidateFunction | string {
  document ??= openApiDocument()
  if (!ajv) {
    ajv = new Ajv2020({ allErrors: true, strict: false })
    addFormats.default(ajv)
    ajv.addSchema({ ...document, $id: 'api' })
  }
  // No endpoint at all: any problem will do.
  if (!pattern) return ajv.compile({ $ref: 'api#/components/schemas/Problem' })

  const path = pathOf(pattern)
  const operation = document.paths[path]?.[method.toLowerCase()]
  if (!operation) return 'the operation is not documented'
  const pointer = ['paths', path, method.toLowerCase(), 'responses', String(status)]
  let response = operation.responses[status]
  if (!response) {
    return `the status is not documented, only ${Object.keys(operation.responses).join(', ')}`
  }
  if (response.$ref) {
    const name = response.$ref.split('/').at(-1)
    pointer.splice(0, Infinity, 'components', 'responses', name)
    response = (document.components.responses as any)[name]
  }
  const types = Object.keys(response.content ?? {})
  if (types.length === 0 && !type) return ajv.compile(true)
  const documented = types.find((one) => one === type || fits(type, one))
  if (documented === undefined) {
    return `"${type || 'no content'}" is not documented, only ${types.join(', ') || 'no content'}`
  }
  const place = [...pointer, 'content', documented, 'schema'].map(escaped).join('/')
  return ajv.compile({ $ref: `api#/${place}` })
}

function fits(type: string, range: string): boolean {
  return range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
}

function escaped(step: string): string {
  return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))
}
