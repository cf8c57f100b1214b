import env from '#start/env'
import pg from 'pg'
import { defineConfig } from '@adonisjs/lucid'

const INT8 = 20

/**
 * node-postgres hands out int8 as text because it may not fit a float. Money is int8, so here it
 * becomes a `bigint`. Set on this pool only: pg-boss, which shares the `pg` module, expects text.
 */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    return oid === INT8 && format !== 'binary' ? BigInt : pg.types.getTypeParser(oid, format as any)
  },
}

export default defineConfig({
  connection: 'postgres',
  connections: {
    postgres: {
      client: 'pg',
      connection: { connectionString: env.get('DATABASE_URL').release(), types } as any,
      pool: { min: 0, max: env.get('DATABASE_POOL_MAX') ?? 10 },
      // In production the schema only goes forward, see docs/migrations.md.
      migrations: {
        naturalSort: true,
        paths: ['database/migrations'],
        disableRollbacksInProduction: true,
      },
      schemaGeneration: { enabled: true, rulesPaths: ['./database/schema_rules.js'] },
    },
  },
})
