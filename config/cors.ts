import env from '#start/env'
import { defineConfig } from '@adonisjs/cors'
import { readOrigins } from '#start/cors_origins'

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
