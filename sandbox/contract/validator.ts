import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import {
  componentsOf,
  toJsonSchema,
  type JsonSchema,
  type OpenApiDocument,
  type OpenApiOperation,
} from './openapi.js'
import { STRIPE_REVIEWED, type ReviewedFields } from './reviewed_fields.js'

/** A request taken and the answer given to it. */
export interface ContractExchange {
  method: string
  /** The path with its names in braces; how they are called does not matter. */
  template: string
  params: unknown
  status: number
  body: unknown
}

/** One way in which an exchange departs from the vendor's document. */
export interface Violation {
  side: 'request' | 'answer' | 'event'
  operation: string
  /** Where in the request, answer or object, as a JSON pointer. */
  at: string
  message: string
}

const DOCUMENT = 'openapi'

/**
 * Checks exchanges against a vendor's OpenAPI document. What an operation needs is compiled when it is
 * first seen, because the whole document takes long and most of it is never used.
 */
export class ContractValidator {
  readonly violations: Violation[] = []
  #operations = new Map<string, OpenApiOperation>()
  #compiled = new Map<string, ValidateFunction>()
  #answers = ajv({})
  // Forms carry text only; the document's types are those of the values it stands for.
  #requests = ajv({ coerceTypes: true })

  constructor(
    document: OpenApiDocument,
    private reviewed: ReviewedFields
  ) {
    const components = { schemas: componentsOf(document, DOCUMENT, reviewed.answers) }
    this.#answers.addSchema({ $id: DOCUMENT, components })
    this.#requests.addSchema({ $id: DOCUMENT, components })
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        if (operation) this.#operations.set(nameOf(method, path), operation)
      }
    }
  }

  /**
   * Compiles ahead what checking these operations needs, for who checks in a process that must answer
   * in time: the first check of an operation may otherwise take seconds.
   *
   * @param operations method and path template, such as `POST /v1/refunds`
   */
  prepare(operations: readonly string[]): void {
    for (const each of operations) {
      const [method, template] = each.split(' ')
      const exchange = { method, template, params: {}, body: {} }
      const operation = this.#operations.get(nameOf(method, template))
      if (!operation) continue
      this.#checkRequest({ ...exchange, status: 200 }, operation)
      for (const status of [200, 400]) this.#checkAnswer({ ...exchange, status }, operation)
    }
  }

  /** Checks one exchange, notes its violations, and returns them. */
  check(exchange: ContractExchange): Violation[] {
    const { method, template, status } = exchange
    const operation = this.#operations.get(nameOf(method, template))
    const found = operation
      ? [...this.#checkRequest(exchange, operation), ...this.#checkAnswer(exchange, operation)]
      : [
          {
            side: 'request' as const,
            operation: `${method} ${template}`,
            at: '',
            message: `the document has no such operation (answered ${status})`,
          },
        ]
    this.violations.push(...found)
    return found
  }

  /** Checks the object that an event carries against the component of its name. */
  checkEvent(event: { type: string; data: { object: Record<string, unknown> } }): Violation[] {
    const { object } = event.data
    const component = String(object.object)
    const validate = this.#compile(`component ${component}`, this.#answers, () => ({
      $ref: `${DOCUMENT}#/components/schemas/${component}`,
    }))
    const found = this.#violations('event', event.type, validate, object)
    this.violations.push(...found)
    return found
  }

  #checkRequest({ method, template, params }: ContractExchange, operation: OpenApiOperation) {
    const name = nameOf(method, template)
    const validate = this.#compile(`request ${name}`, this.#requests, () =>
      this.#requestSchema(name, operation)
    )
    // Coercion writes into what it checks.
    return this.#violations('request', `${method} ${template}`, validate, structuredClone(params))
  }

  #checkAnswer({ method, template, status, body }: ContractExchange, operation: OpenApiOperation) {
    const response = operation.responses[String(status)] ?? operation.responses.default
    const schema = response?.content?.['application/json']?.schema
    const at = `${method} ${template}`
    if (!schema) {
      return [
        {
          side: 'answer' as const,
          operation: at,
          at: '',
          message: `status ${status} is undocumented`,
        },
      ]
    }
    const which = operation.responses[String(status)] ? String(status) : 'default'
    const validate = this.#compile(
      `answer ${nameOf(method, template)} ${which}`,
      this.#answers,
      () => toJsonSchema(schema, DOCUMENT)
    )
    return this.#violations('answer', at, validate, body)
  }

  #requestSchema(name: string, operation: OpenApiOperation): JsonSchema {
    const query = (operation.parameters ?? []).filter((each) => each.in === 'query')
    const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema ?? {}
    const properties: Record<string, JsonSchema> = {
      ...(body.properties as Record<string, JsonSchema> | undefined),
      ...Object.fromEntries(query.map((each) => [each.name, each.schema])),
    }
    const schema = toJsonSchema(
      {
        type: 'object',
        properties,
        additionalProperties: false,
        required: [
          ...((body.required as string[] | undefined) ?? []),
          ...query.filter((each) => each.required).map((each) => each.name),
        ],
      },
      DOCUMENT
    )
    for (const param of Object.keys(this.reviewed.requests[name] ?? {})) {
      const path = param.split('.')
      const last = path.pop()!
      const within = path.reduce((each, key) => membersOf(each)[key], schema)
      membersOf(within)[last] = {}
    }
    return schema
  }

  #compile(name: string, with_: Ajv, schema: () => JsonSchema): ValidateFunction {
    let validate = this.#compiled.get(name)
    if (!validate) this.#compiled.set(name, (validate = with_.compile(schema())))
    return validate
  }

  #violations(
    side: Violation['side'],
    operation: string,
    validate: ValidateFunction,
    value: unknown
  ): Violation[] {
    if (validate(value)) return []
    return telling(validate.errors ?? []).map((error) => ({
      side,
      operation,
      at: error.instancePath,
      message: messageOf(error),
    }))
  }
}

/**
 * The validator of Stripe's document, with the fields that are newer than it.
 *
 * @param folder the folder of `PROVIDER_SPECS`, that has `stripe/spec3-2023-08-16.json`
 */
export function stripeContract(folder: string): ContractValidator {
  const text = readFileSync(join(folder, 'stripe', 'spec3-2023-08-16.json'), 'utf8')
  return new ContractValidator(JSON.parse(text) as OpenApiDocument, STRIPE_REVIEWED)
}

function membersOf(schema: JsonSchema): Record<string, JsonSchema> {
  return schema.properties as Record<string, JsonSchema>
}

function ajv(options: { coerceTypes?: boolean }): Ajv {
  const instance = new Ajv({ ...options, strict: false, allErrors: true, validateFormats: false })
  addFormats.default(instance)
  return instance
}

/** How an operation is known: `GET /v1/charges/{}`. */
export function nameOf(method: string, path: string): string {
  return `${method.toUpperCase()} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`
}

/**
 * Where something may be one of several (an id or the object itself), every alternative complains. The
 * deepest complaint is about the alternative that was meant.
 */
function telling(errors: ErrorObject[]): ErrorObject[] {
  const depth = (error: ErrorObject) => error.instancePath.split('/').length
  const real = errors.filter((error) => error.keyword !== 'anyOf')
  const deepest = Math.max(...real.map(depth))
  const deep = real.filter((error) => depth(error) === deepest)
  const meant = deep.filter((error) => error.keyword !== 'type')
  return meant.length > 0 ? meant : deep
}

function messageOf({ message, params }: ErrorObject): string {
  const detail = params as { additionalProperty?: string; allowedValues?: unknown[] }
  if (detail.additionalProperty) return `${message}: ${detail.additionalProperty}`
  if (detail.allowedValues) return `${message}: ${detail.allowedValues.slice(0, 12).join(', ')}`
  return message ?? 'is not as documented'
}
