import env from '#start/env'
import { defineConfig } from '@adonisjs/cors'

/** Only the frontends named in CORS_ORIGINS may call the API from a browser. */
export default defineConfig({
  enabled: true,
  origin: (env.get('CORS_ORIGINS') ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter(Boolean),
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
  headers: true,
  exposeHeaders: ['x-request-id', 'retry-after'],
  credentials: false,
  maxAge: 600,
})
