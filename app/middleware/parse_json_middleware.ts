import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { Problem } from '#exceptions/problem'
import { hasTooManyValues, isNestedTooDeeply } from '#validators/nesting'

/**
 * Makes the body's text (`config/bodyparser.ts`) the request's body. The framework's JSON parser
 * would copy it recursively before anybody could look at how deep it is.
 */
export default class ParseJsonMiddleware {
  handle({ request }: HttpContext, next: NextFn) {
    const text = request.raw()
    if (text) request.updateBody(read(text))
    return next()
  }
}

function read(text: string): Record<string, unknown> {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (cause) {
    throw malformed('The body is no JSON object.', cause)
  }
  if (typeof body !== 'object' || body === null) throw malformed('The body is no JSON object.')
  if (isNestedTooDeeply(body)) throw malformed('The body is nested too deeply.')
  if (hasTooManyValues(body)) {
    throw new Problem('The body has more members than any request needs.', {
      code: 'too_large',
      status: 413,
    })
  }
  return body as Record<string, unknown>
}

function malformed(detail: string, cause?: unknown): Problem {
  return new Problem(detail, { code: 'malformed_json', status: 400, cause })
}
