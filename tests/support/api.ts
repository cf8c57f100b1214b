import assert from 'node:assert/strict'
import type User from '#models/user'
import { assertDocumented } from '#tests/support/documented'
import { tokenOf } from '#tests/support/users'

export interface Answer<Body = any> {
  status: number
  headers: Headers
  /** The whole JSON document; undefined for an empty answer. */
  body: Body
  /** `data` of a success. */
  data: any
}

export interface CallOptions {
  idempotencyKey?: string
  headers?: Record<string, string>
  query?: Record<string, string | number>
}

const base = () => `http://${process.env.HOST}:${process.env.PORT}/api`

/**
 * Calls the API over HTTP, as a user or as nobody. Paths are those below `/api`. Every answer is
 * checked against what the API documents of that operation, to the last member.
 */
export function api(user?: User) {
  const send = async (method: string, path: string, body?: unknown, options: CallOptions = {}) => {
    const url = new URL(base() + (path.startsWith('/') ? path : `/${path}`))
    for (const [name, value] of Object.entries(options.query ?? {})) {
      url.searchParams.set(name, String(value))
    }
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        ...(user && { authorization: `Bearer ${await tokenOf(user)}` }),
        ...(isJson(body) && { 'content-type': 'application/json' }),
        ...(options.idempotencyKey && { 'idempotency-key': options.idempotencyKey }),
        ...options.headers,
      },
      body:
        isJson(body) && typeof body !== 'string'
          ? JSON.stringify(body)
          : (body as string | FormData),
    })
    return { method, path: url.pathname, response }
  }
  const call = async (...request: Parameters<typeof send>) => {
    const { method, path, response } = await send(...request)
    return readAnswer(method, path, response)
  }
  return {
    get: (path: string, options?: CallOptions) => call('GET', path, undefined, options),
    /** A success that is no JSON, such as a PDF, as it came. @throws for a problem, with what it says */
    file: async (path: string, options?: CallOptions) => {
      const sent = await send('GET', path, undefined, options)
      const { status, headers } = sent.response
      const bytes = Buffer.from(await sent.response.arrayBuffer())
      assert.equal(status, 200, `${path} answered ${status}: ${bytes}`)
      const contentType = headers.get('content-type') ?? ''
      assertDocumented({ method: 'GET', path: sent.path, status, contentType, body: '' })
      return { headers, bytes }
    },
    delete: (path: string, options?: CallOptions) => call('DELETE', path, undefined, options),
    /** A body that is text is sent as it is. */
    post: (path: string, body?: unknown, options?: CallOptions) =>
      call('POST', path, body, options),
    put: (path: string, body?: unknown, options?: CallOptions) => call('PUT', path, body, options),
    /** Sends a file as a browser's form does. */
    upload: (path: string, field: string, file: Uint8Array | string, name = 'file.bin') => {
      const form = new FormData()
      form.set(field, new Blob([file as string]), name)
      return call('POST', path, form)
    },
  }
}

const isJson = (body: unknown) => body !== undefined && !(body instanceof FormData)

async function readAnswer(method: string, path: string, response: Response): Promise<Answer> {
  const { status, headers } = response
  const text = await response.text()
  const contentType = headers.get('content-type') ?? ''
  assertDocumented({ method, path, status, contentType, body: text })
  if (text === '') return { status, headers, body: undefined, data: undefined }
  const body = JSON.parse(text)
  if (status >= 400) assert.equal(body.status, status, `the problem says another status: ${text}`)
  else assertSnakeCase(body, `${method} ${path}`)
  if (Array.isArray(body.data)) assert.equal(body.meta.has_more, body.meta.next_cursor !== null)
  return { status, headers, body, data: body.data }
}

function assertSnakeCase(value: unknown, what: string): void {
  if (Array.isArray(value)) value.forEach((item) => assertSnakeCase(item, what))
  else if (value && typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) {
      assert.match(name, /^[a-z0-9_]+$/, `${what}: "${name}" is no name in snake_case`)
      assertSnakeCase(inner, what)
    }
  }
}

/** The data of an answer that must be a success. */
export function expectData(answer: Answer, status = 200): any {
  assert.equal(answer.status, status, `expected ${status}: ${JSON.stringify(answer.body)}`)
  return answer.data
}

/** The problem document of an answer that must be one. */
export function expectProblem(answer: Answer, status: number, code?: string): any {
  const said = JSON.stringify(answer.body)
  assert.equal(answer.status, status, `expected a ${status}: ${said}`)
  if (code) assert.equal(answer.body.code, code, `expected "${code}": ${said}`)
  return answer.body
}
