import { writeFile } from 'node:fs/promises'
import { format, resolveConfig } from 'prettier'
import app from '@adonisjs/core/services/app'
import type { RecordedExample } from '#openapi/build_document'
import { PASSWORD } from '#tests/support/users'

/** Where recorded examples are kept. */
export const RECORDED = 'app/openapi/recorded_examples.ts'

/** When it is in the examples. */
const THEN = Date.parse('2026-11-02T09:30:00.000Z')
const MINUTE = 60_000

/** So many of a list are enough to see what it is like. */
const SHOWN = 2

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g

/** What must not be shown, or differs from run to run, by the name of its field. */
const INSTEAD: Record<string, unknown> = {
  access_token: 'eyJ.example-access-token.not-a-signature',
  refresh_token: 'example-refresh-token',
  token: 'example-token-of-the-mailed-link',
  challenge: 'example-challenge',
  secret: 'EXAMPLESECRETEXAMPLE',
  otpauth_url:
    'otpauth://totp/SafeSend:clara@example.com?secret=EXAMPLESECRETEXAMPLE&issuer=SafeSend',
  qr_code: 'data:image/png;base64,iVBORw0KGgo=',
  client_secret: 'pi_Example_secret_Example',
  publishable_key: 'pk_test_Example',
  sha256: '3b4c2a1e'.repeat(8),
  terms: '9f8e7d6c'.repeat(8),
  next_cursor: 'example-cursor',
  ip: '203.0.113.7',
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  providers: ['google', 'github'],
  recovery_codes: ['exam-ple1', 'exam-ple2', 'exam-ple3'],
}

/**
 * Makes examples for the API's document out of requests that were really made and what they were answered
 * with. Whatever differs from run to run becomes something that does not.
 */
export class Recorder {
  #examples: Record<string, RecordedExample[]> = {}
  #ids = new Map<string, string>()
  #addresses = new Map<string, string>()
  #now = Date.now()

  /** @param people addresses by the name that somebody has in the examples */
  constructor(people: Record<string, { email: string; id: string }>) {
    for (const [name, { email, id }] of Object.entries(people)) {
      this.#addresses.set(email, `${name}@example.com`)
      this.#id(id)
    }
  }

  /**
   * @param request the JSON body, if there was one
   * @param response JSON, or text
   */
  add(route: string, one: RecordedExample): void {
    const { title, request, status, response } = one
    this.#examples[route] ??= []
    this.#examples[route].push({
      ...(title && { title }),
      ...(request !== undefined && { request: this.#cleaned(request) }),
      status,
      ...(response !== undefined && { response: this.#cleaned(response) }),
    })
  }

  /** Writes them where the document finds them. */
  async write(): Promise<void> {
    const path = app.makePath(RECORDED)
    const text = `import type { RecordedExample } from '#openapi/build_document'

/**
 * Requests that the tests made and what they were answered with: written by
 * \`WRITE_EXAMPLES=1 npm test -- functional --files=tests/functional/api/bad_input.spec.ts\`
 */
export const recordedExamples: Record<string, readonly RecordedExample[]> = ${JSON.stringify(this.#examples)}
`
    const options = await resolveConfig(path)
    await writeFile(path, await format(text, { ...options, parser: 'typescript' }))
  }

  #cleaned(value: unknown, name = ''): unknown {
    if (value !== null && name in INSTEAD) return INSTEAD[name]
    if (typeof value === 'string') return this.#text(value, name)
    if (Array.isArray(value)) {
      // Lists of records; short ones of words stay whole.
      const shown =
        typeof value[0] !== 'object'
          ? value
          : name === 'months'
            ? value.slice(-SHOWN)
            : value.slice(0, SHOWN)
      return shown.map((item) => this.#cleaned(item, name))
    }
    if (!value || typeof value !== 'object') {
      return name === 'size' && typeof value === 'number' ? 24_718 : value
    }
    const members = Object.entries(value).map(([key, inner]) => [key, this.#cleaned(inner, key)])
    const object = Object.fromEntries(members)
    const { data, meta } = value as { data?: unknown; meta?: { has_more?: boolean } }
    if (Array.isArray(data) && meta && data.length > SHOWN) {
      object.meta = { ...object.meta, has_more: true, next_cursor: INSTEAD.next_cursor }
    }
    return object
  }

  #text(value: string, name: string): string {
    if (value === PASSWORD || name.endsWith('password')) return 'correct horse battery staple'
    if (name === 'code') {
      return /^\d{6}$/.test(value)
        ? '123456'
        : /^[a-z_]+$/.test(value)
          ? value
          : 'example-one-time-code'
    }
    if (name === 'month') return this.#month(value)
    return value
      .replace(/[\w.-]+@example\.com/g, (address) => this.#address(address))
      .replace(UUID, (id) => this.#id(id))
      .replace(TIME, (time) => this.#time(time))
      .replace(/\b(Clara|Frank) Number\d+/g, '$1 Example')
      .replace(/^Number\d+$/, 'Example')
      .replace(/\b(acct|pi|ch|cs|tr|re|po|txn|alnk)_\w+/g, '$1_Example')
      .replace(/\b[\da-f]{32}\b/g, '6d1f0c9a4b7e2835'.repeat(2))
      .replace(/\bsignature=[^&"\s]*/g, 'signature=example')
      .replace(/\bexpires=\d+/g, 'expires=1793784600')
      .replace(/https?:\/\/(127\.0\.0\.1|localhost):\d+/g, (origin) => this.#origin(origin))
  }

  #origin(origin: string): string {
    return origin.endsWith(`:${process.env.PORT}`)
      ? 'https://api.safesend.example'
      : 'https://provider.example'
  }

  #id(id: string): string {
    if (!this.#ids.has(id)) {
      const number = String(this.#ids.size + 1).padStart(12, '0')
      this.#ids.set(id, `019a4355-0000-7000-8000-${number}`)
    }
    return this.#ids.get(id)!
  }

  #address(address: string): string {
    return (
      this.#addresses.get(address) ??
      address.replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}|\d+/g, '')
    )
  }

  /** So long before or after as it was, to what a person notices. */
  #time(time: string): string {
    // Ends of a period that was asked for.
    if (time.includes('T00:00:00')) return time
    const distance = Math.round((Date.parse(time) - this.#now) / MINUTE / 5) * 5 * MINUTE
    return new Date(THEN + distance).toISOString()
  }

  #month(month: string): string {
    const [year, number] = month.split('-').map(Number)
    const now = new Date(this.#now)
    const distance = (year - now.getUTCFullYear()) * 12 + number - 1 - now.getUTCMonth()
    const then = new Date(THEN)
    return new Date(Date.UTC(then.getUTCFullYear(), then.getUTCMonth() + distance, 1))
      .toISOString()
      .slice(0, 7)
  }
}
