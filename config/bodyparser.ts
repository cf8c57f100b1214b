import { defineConfig } from '@adonisjs/core/bodyparser'

/**
 * The API speaks JSON only, which is read here as text and parsed by `parse_json_middleware`. A megabyte
 * is far above the longest legal request.
 */
export default defineConfig({
  allowedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  form: { types: [] },
  json: { types: [] },
  raw: { limit: '1mb', types: ['application/json'] },
  multipart: { autoProcess: false, types: [] },
})
