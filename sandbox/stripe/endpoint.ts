import { patternOf, type Routed } from '../common/route.js'
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
export interface Endpoint extends Routed {
  method: 'GET' | 'POST' | 'DELETE'
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
  const pattern = patternOf(template)
  return { method, template, pattern, shape, publishable, handle: handle as Endpoint['handle'] }
}
