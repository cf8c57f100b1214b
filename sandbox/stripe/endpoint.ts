import type { Shape, Values } from './fields.js'
import type { World } from './world.js'

/** One request as a handler sees it. */
export interface Call<Params = Record<string, unknown>> {
  world: World
  params: Params
  /** The names in braces of the path. */
  path: Record<string, string>
  /** The connected account of the `Stripe-Account` header, or empty for the platform. */
  owner: string
  /** The request came with a publishable key, as a browser's does. */
  publishable: boolean
}

/** One operation of the API. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'DELETE'
  template: string
  pattern: RegExp
  shape: Shape
  publishable: boolean
  handle(call: Call): object
}

/**
 * Declares an operation: its parameters are checked before its handler runs, which is synchronous so
 * that no other request sees half of an effect.
 */
export function endpoint<S extends Shape>(
  method: Endpoint['method'],
  template: string,
  shape: S,
  handle: (call: Call<Values<S>>) => object,
  { publishable = false } = {}
): Endpoint {
  const pattern = new RegExp(`^${template.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
  return { method, template, pattern, shape, publishable, handle: handle as Endpoint['handle'] }
}

/** Finds the operation of a path. A literal path wins over one with names. */
export function route(
  endpoints: Endpoint[],
  method: string,
  path: string
): { endpoint: Endpoint; path: Record<string, string> } | undefined {
  let found: { endpoint: Endpoint; path: Record<string, string> } | undefined
  for (const each of endpoints) {
    if (each.method !== method) continue
    if (each.template === path) return { endpoint: each, path: {} }
    const match = found ? null : each.pattern.exec(path)
    if (match) found = { endpoint: each, path: { ...match.groups } }
  }
  return found
}
