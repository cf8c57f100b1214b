import env from '#start/env'
import { Exception } from '@adonisjs/core/exceptions'
import { defineConfig } from '@adonisjs/cors'

/**
 * Reads a comma-separated list of origins, as browsers send them: scheme, host and port, no more.
 *
 * @throws Exception E_CORS_ORIGINS naming what is none: a pattern or a path would never match
 */
export function readOrigins(text: string): string[] {
  const origins = text
    .split(',')
    .map((origin) => origin.trim())
    .filter(Boolean)
  for (const origin of origins) {
    const url = URL.canParse(origin) ? new URL(origin) : undefined
    if (/^https?:$/.test(url?.protocol ?? '') && url?.origin === origin && !origin.includes('*')) {
      continue
    }
    throw new Exception(
      `CORS_ORIGINS must list origins such as https://app.example.com, each in full and without a path: "${origin}" is none.`,
      { code: 'E_CORS_ORIGINS' }
    )
  }
  return origins
}

/** The frontends that may call the API from a browser. */
export const corsOrigins = readOrigins(env.get('CORS_ORIGINS') ?? '')

export default defineConfig({
  enabled: corsOrigins.length > 0,
  origin: corsOrigins,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  // Any: what a listed frontend may ask at all, it may ask with whatever header.
  headers: true,
  exposeHeaders: [
    'x-request-id',
    'retry-after',
    'x-ratelimit-limit',
    'x-ratelimit-remaining',
    'x-ratelimit-reset',
    'idempotent-replayed',
    'content-disposition',
    'location',
    'www-authenticate',
    'allow',
  ],
  // No request of the API is signed in by a cookie. But clients of event streams ask in this mode, and
  // browsers keep from them what does not allow it.
  credentials: true,
  maxAge: 600,
})
