import { patternOf, type Routed } from '../common/route.js'
import type { World } from './world.js'

export type Json = Record<string, unknown>

/** One request as a handler sees it. */
export interface Call {
  world: World
  /** The names in braces of the path. */
  path: Record<string, string>
  query: Record<string, string>
  body: Json
  requestId?: string
  /** The caller wants the whole object back (`Prefer: return=representation`). */
  whole: boolean
  /** The names of files that came with a form. */
  files: string[]
}

export interface Reply {
  status: number
  body?: object
  /** What a request id stands for from now on. */
  made?: string
}

/** How long a PayPal-Request-Id is kept, and what it answers when it comes again: the state of today. */
export interface Keyed {
  keptMs: number
  again(call: Call, made: string): Reply
}

/** One operation of the API. */
export interface Endpoint extends Routed {
  method: 'GET' | 'POST'
  /** Basic authentication or none instead of a token. */
  open: boolean
  keyed?: Keyed
  handle(call: Call): Reply
}

/**
 * Declares an operation. Its handler is synchronous, so that no other request sees half of an effect.
 */
export function endpoint(
  method: Endpoint['method'],
  template: string,
  handle: (call: Call) => Reply,
  { keyed, open = false }: { keyed?: Keyed; open?: boolean } = {}
): Endpoint {
  return { method, template, pattern: patternOf(template), open, keyed, handle }
}

export const ok = (body: object): Reply => ({ status: 200, body })
