import { defineConfig } from '@adonisjs/core/bodyparser'

/**
 * The API speaks JSON only, which is read here as text and parsed by `parse_json_middleware`. A megabyte
 * is far above the longest legal request. Forms are the console's: the API refuses them before.
 */
export default defineConfig({
  allowedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  form: {
    types: ['application/x-www-form-urlencoded'],
    limit: '200kb',
    convertEmptyStringsToNull: false,
  },
  json: { types: [] },
  raw: { limit: '1mb', types: ['application/json'] },
  multipart: { autoProcess: false, types: [] },
})
