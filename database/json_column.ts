import { column } from '@adonisjs/lucid/orm'

/**
 * A jsonb column. The driver would send a JavaScript array as a PostgreSQL array, which jsonb
 * refuses, so the value is sent as JSON text.
 */
export function jsonColumn(): PropertyDecorator {
  return column({
    prepare: (value) => (value === null || value === undefined ? value : JSON.stringify(value)),
  }) as PropertyDecorator
}
