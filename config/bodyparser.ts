import { defineConfig } from '@adonisjs/core/bodyparser'

/** The API speaks JSON only; a megabyte is far above the longest legal request. */
export default defineConfig({
  allowedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  form: { types: [] },
  json: {
    limit: '1mb',
    convertEmptyStringsToNull: false,
    trimWhitespaces: false,
    types: ['application/json'],
  },
  multipart: { autoProcess: false, types: [] },
})
