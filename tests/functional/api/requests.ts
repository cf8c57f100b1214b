import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import router from '@adonisjs/core/services/router'
import { appUrl } from '#config/app'
import { AUDIENCE } from '#identity/access_tokens'
import { signingKey } from '#identity/signing_key'
import { QUERIES, RAW, type Example } from './world.js'

/*
 * Requests made from the routes of the running application and the table of accepted ones (`world.ts`).
 */

export interface Route {
  /** As in the table of examples. */
  name: string
  method: string
  /** Below `/api/`. */
  pattern: string
}

export interface Request {
  method: string
  /** Below `/api/`, with query. */
  path: string
  headers?: Record<string, string>
  body?: string | Uint8Array
}

export interface Answer {
  status: number
  text: string
  headers: Headers
}

/** Routes that other tests add to the running application. */
const OF_OTHER_TESTS = '/api/test/'

export function routes(): Route[] {
  return router.toJSON().root.flatMap(({ pattern, methods }) =>
    pattern.startsWith('/api/') && !pattern.startsWith(OF_OTHER_TESTS)
      ? methods
          .filter((method) => method !== 'HEAD')
          .map((method) => {
            const below = pattern.slice('/api/'.length)
            return { name: `${method} ${below}`, method, pattern: below }
          })
      : []
  )
}

export const jsonRoutes = () => routes().filter(({ name }) => !RAW.includes(name))

/** The accepted requests of a route. A GET without parameters needs no line in the table. */
export function examplesOf(route: Route, table: Record<string, Example[]>): Example[] {
  const found = table[route.name]
  if (found) return found
  const derived = route.method === 'GET' && !route.pattern.includes(':')
  return derived ? [{ by: 'client', both: true }] : []
}

export function pathOf(
  { name, pattern }: Route,
  example: Example,
  params = example.params ?? []
): string {
  let next = 0
  const path = pattern.replace(/:\w+/g, () => params[next++])
  return QUERIES[name] ? `${path}?${QUERIES[name]}` : path
}

/** The request that is accepted. */
export function requestOf(route: Route, example: Example): Request {
  return {
    method: route.method,
    path: pathOf(route, example),
    headers: { ...keyed(), ...(example.file && { 'content-type': FORM }) },
    body: example.file ? formOf(example.file) : example.body && JSON.stringify(example.body),
  }
}

/** Every request has a key: it decides nothing where none is wanted. */
export const keyed = () => ({ 'idempotency-key': randomUUID() })

const FORM = 'multipart/form-data; boundary=limit'

function formOf({ field, contents }: NonNullable<Example['file']>): Uint8Array {
  const head = `--limit\r\nContent-Disposition: form-data; name="${field}"; filename="f"\r\n\r\n`
  return Buffer.from(`${head}${contents}\r\n--limit--\r\n`, 'latin1')
}

/** Sends a request to the API, as it is. */
export async function sendAs(
  token: string | undefined,
  { method, path, headers, body }: Request
): Promise<Answer & { url: string }> {
  const response = await fetch(`http://${process.env.HOST}:${process.env.PORT}/api/${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body as string,
    signal: AbortSignal.timeout(15_000),
  })
  const { status, url } = response
  return { status, url, headers: response.headers, text: await response.text() }
}

type Path = (string | number)[]

/** All places in a body, with the name of the field that each belongs to. */
export function placesIn(value: unknown, path: Path = []): Path[] {
  const inner =
    value && typeof value === 'object'
      ? Object.entries(value).flatMap(([name, member]) =>
          placesIn(member, [...path, Array.isArray(value) ? Number(name) : name])
        )
      : []
  return path.length > 0 ? [path, ...inner] : inner
}

export const at = (value: unknown, path: Path): unknown =>
  path.reduce((inner, step) => (inner as any)[step], value)

/** The body as JSON text with one place replaced by JSON text, or left out. */
export function replaced(body: object, path: Path, json?: string): string {
  const mark = 'here-goes-the-rubbish'
  const copy = structuredClone(body)
  let parent = copy as any
  for (const step of path.slice(0, -1)) parent = parent[step]
  const last = path.at(-1)!
  if (json !== undefined) parent[last] = mark
  else if (Array.isArray(parent)) parent.splice(last as number, 1)
  else delete parent[last]
  return JSON.stringify(copy).replace(`"${mark}"`, () => json ?? '')
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The places of a body that hold ids. */
export const idsIn = (body: unknown): Path[] =>
  placesIn(body).filter((path) => UUID.test(String(at(body, path))))

export const namesRecords = (body: unknown): boolean => idsIn(body).length > 0

/** A token of ours whose time is over. */
export async function anExpiredToken(userId: string): Promise<string> {
  const { privateKey } = await signingKey()
  return new SignJWT({ sid: randomUUID() })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
    .setIssuer(appUrl)
    .setAudience(AUDIENCE)
    .setSubject(userId)
    .setJti(randomUUID())
    .setIssuedAt(Math.floor(Date.now() / 1000) - 7200)
    .setExpirationTime(Math.floor(Date.now() / 1000) - 3600)
    .sign(privateKey)
}
