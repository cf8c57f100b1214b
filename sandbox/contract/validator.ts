import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ErrorObject, type ValidateFunction } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import addFormats from 'ajv-formats'
import {
  componentsOf,
  resolved,
  toJsonSchema,
  type JsonSchema,
  type OpenApiBody,
  type OpenApiDocument,
  type OpenApiOperation,
} from './openapi.js'
import { STRIPE_REVIEWED, type ReviewedFields } from './reviewed_fields.js'

/** A request taken and the answer given to it. */
export interface ContractExchange {
  method: string
  /** The path with its names in braces; how they are called does not matter. */
  template: string
  /** What was sent: a form with the query in it, or the body alone where there is a `query`. */
  params: unknown
  query?: unknown
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

/** What holds exchanges against the documents of a vendor, be it one or several. */
export interface Contract {
  readonly violations: Violation[]
  prepare(operations: readonly string[]): void
  check(exchange: ContractExchange): Violation[]
}

/** What differs between vendors in how their documents are to be read. */
export interface Style {
  /** Forms have body and query in one, and carry text only. */
  sends: 'forms' | 'json'
  /** Names of components that only narrow others down. */
  refinements?: RegExp
}

const DOCUMENT = 'openapi'
const JSON_TYPE = 'application/json'

/**
 * Checks exchanges against a vendor's OpenAPI document. What an operation needs is compiled when it is
 * first seen, because the whole document takes long and most of it is never used.
 */
export class ContractValidator implements Contract {
  readonly violations: Violation[] = []
  #operations = new Map<string, OpenApiOperation>()
  #compiled = new Map<string, ValidateFunction>()
  #exact = ajv({})
  // Forms and queries carry text only; the document's types are those of the values it stands for.
  #texts = ajv({ coerceTypes: true })

  constructor(
    private document: OpenApiDocument,
    private reviewed: ReviewedFields,
    private style: Style = { sends: 'forms' }
  ) {
    const components = componentsOf(document, DOCUMENT, reviewed.answers, style.refinements)
    this.#exact.addSchema({ $id: DOCUMENT, components })
    this.#texts.addSchema({ $id: DOCUMENT, components })
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        if (operation?.responses) this.#operations.set(nameOf(method, path), operation)
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
      const operation = this.#operations.get(nameOf(method, template))
      if (!operation) continue
      const query = this.style.sends === 'json' ? {} : undefined
      const exchange = { method, template, params: {}, query, body: {}, status: 200 }
      this.#checkRequest(exchange, operation)
      for (const which of Object.keys(operation.responses)) this.#answer(each, operation, which)
    }
  }

  /** Whether the document has this operation. */
  knows({ method, template }: Pick<ContractExchange, 'method' | 'template'>): boolean {
    return this.#operations.has(nameOf(method, template))
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
    return this.checkObject(event.type, String(object.object), object)
  }

  /** Checks what an event carries, or is, against a component. */
  checkObject(type: string, component: string, object: unknown): Violation[] {
    const validate = this.#compile(`component ${component}`, this.#exact, () => ({
      $ref: `${DOCUMENT}#/components/schemas/${component}`,
    }))
    const found = this.#violations('event', type, validate, object)
    this.violations.push(...found)
    return found
  }

  #checkRequest(exchange: ContractExchange, operation: OpenApiOperation): Violation[] {
    const { method, template, params, query } = exchange
    const name = nameOf(method, template)
    const check = (kind: 'form' | 'query' | 'body', value: unknown) => {
      // A body has types of its own, a form or query has not.
      const using = kind === 'body' ? this.#exact : this.#texts
      const validate = this.#compile(`${kind} ${name}`, using, () =>
        this.#requestSchema(name, operation, kind)
      )
      // Coercion writes into what it checks.
      const read = structuredClone(value)
      return this.#violations('request', `${method} ${template}`, validate, read)
    }
    if (query === undefined) return check('form', params)
    return [...check('query', query), ...check('body', params)]
  }

  #checkAnswer(exchange: ContractExchange, operation: OpenApiOperation): Violation[] {
    const { method, template, status, body } = exchange
    const at = `${method} ${template}`
    const which = operation.responses[String(status)] ? String(status) : 'default'
    if (!operation.responses[which]) {
      return [
        { side: 'answer', operation: at, at: '', message: `status ${status} is undocumented` },
      ]
    }
    const validate = this.#answer(at, operation, which)
    if (validate) return this.#violations('answer', at, validate, body)
    if (body === undefined) return []
    return [{ side: 'answer', operation: at, at: '', message: `status ${status} has no body` }]
  }

  /** Undefined for an answer that has no body. */
  #answer(name: string, operation: OpenApiOperation, which: string): ValidateFunction | undefined {
    const { content } = resolved<OpenApiBody>(this.document, operation.responses[which])
    const schema = content?.[JSON_TYPE]?.schema
    if (!schema) return undefined
    const [method, template] = name.split(' ')
    return this.#compile(`answer ${nameOf(method, template)} ${which}`, this.#exact, () =>
      toJsonSchema(schema, DOCUMENT)
    )
  }

  /** A form has everything in one, otherwise query and body are told apart. */
  #requestSchema(
    name: string,
    operation: OpenApiOperation,
    kind: 'form' | 'query' | 'body'
  ): JsonSchema {
    const body = kind === 'query' ? {} : this.#bodyOf(operation)
    const query = (operation.parameters ?? [])
      .map((each) => resolved(this.document, each))
      .filter((each) => each.in === 'query' && kind !== 'body')
    const properties: Record<string, JsonSchema> = {
      ...(body.properties as Record<string, JsonSchema> | undefined),
      ...Object.fromEntries(query.map((each) => [each.name, each.schema])),
    }
    const schema = toJsonSchema(
      {
        ...(kind === 'body' && body.allOf !== undefined && { allOf: body.allOf }),
        type: 'object',
        properties,
        ...(body.allOf === undefined && { additionalProperties: false }),
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
      // A nested one is where its parent is: in the form, or in the query.
      const within = path.reduce<JsonSchema | undefined>(
        (each, key) => each && propertiesOf(each)[key],
        schema
      )
      if (within) propertiesOf(within)[last] = {}
    }
    return schema
  }

  #bodyOf(operation: OpenApiOperation): JsonSchema {
    if (!operation.requestBody) return {}
    const { content = {} } = resolved<OpenApiBody>(this.document, operation.requestBody)
    const { schema = {} } = content[JSON_TYPE] ?? Object.values(content)[0] ?? {}
    return resolved(this.document, schema)
  }

  #compile(name: string, with_: Ajv2019, schema: () => JsonSchema): ValidateFunction {
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

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return (schema.properties ?? {}) as Record<string, JsonSchema>
}

/**
 * Some of PayPal's patterns are none under the `u` flag, such as `[A-Za-z0-9-_.,]`; so patterns are read
 * without it, rather than not at all.
 */
function ajv(options: { coerceTypes?: boolean }): Ajv2019 {
  const instance = new Ajv2019({
    ...options,
    strict: false,
    allErrors: true,
    unicodeRegExp: false,
    // Formats that are only a vendor's own names are not checked, and not complained about.
    logger: false,
  })
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
  const detail = params as {
    additionalProperty?: string
    unevaluatedProperty?: string
    allowedValues?: unknown[]
  }
  const unknown = detail.additionalProperty ?? detail.unevaluatedProperty
  if (unknown) return `${message}: ${unknown}`
  if (detail.allowedValues) return `${message}: ${detail.allowedValues.slice(0, 12).join(', ')}`
  return message ?? 'is not as documented'
}
