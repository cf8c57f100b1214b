import { randomUUID } from 'node:crypto'

/** What an answer of the API carries, read loosely: the demo shows it, the tests check it. */
export type Data = Record<string, any>

/** Answered with a problem where the demo expected none. */
export class Refused extends Error {}

/** The public API as one of its users sees it. */
export class Api {
  constructor(
    readonly url: string,
    private token?: string
  ) {}

  as(token: string): Api {
    return new Api(this.url, token)
  }

  async get(path: string): Promise<Data> {
    return this.#call('GET', path)
  }

  async post(path: string, body: Data = {}): Promise<Data> {
    return this.#call('POST', path, body)
  }

  /** A request that moves money, under a key of its own. */
  async pay(path: string, body: Data = {}): Promise<Data> {
    return this.#call('POST', path, body, { 'idempotency-key': randomUUID() })
  }

  async #call(method: string, path: string, body?: Data, headers = {}): Promise<Data> {
    const response = await fetch(`${this.url}/api/${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await response.text()
    if (response.ok) return text ? JSON.parse(text).data : {}
    throw new Refused(`${method} /api/${path} was answered with ${response.status}: ${text}`)
  }
}
