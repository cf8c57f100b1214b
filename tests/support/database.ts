import db from '@adonisjs/lucid/services/db'
import { forgetTokens } from '#tests/support/users'
import { paypalSandbox, sandbox } from '#tests/support/sandbox'

/** Rows that migrations wrote, or that say which migrations ran. */
const KEPT = ['adonis_schema', 'adonis_schema_versions', 'ledger_account_kinds']

/**
 * Empties every table that holds data, and leaves the schema and the chart of accounts. The ledger
 * refuses that by trigger, as it should; a test owns its database and may switch triggers off for one
 * transaction.
 *
 * Deletes rather than truncates: tests leave few rows, and a TRUNCATE makes new files for each table
 * and index whether it held any or not.
 */
export async function truncateAll(): Promise<void> {
  await db.transaction(async (trx) => {
    await trx.rawQuery('SET LOCAL session_replication_role = replica')
    await trx.rawQuery(`
      DO $$
      DECLARE
        relation regclass;
      BEGIN
        FOR relation IN
          SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind = 'r'
            AND (n.nspname = 'public' AND c.relname NOT IN (${KEPT.map((name) => `'${name}'`).join()})
              -- Of the job queue the jobs only: its queues and its version stay.
              OR n.nspname = 'pgboss' AND c.relname ~ '^(job|j[0-9a-f]{20})')
        LOOP
          EXECUTE format('DELETE FROM %s', relation);
        END LOOP;
      END
      $$
    `)
  })
  forgetTokens()
}

/** A fresh start for a test: nothing in the database, and providers that only have their float. */
export async function resetAll(): Promise<void> {
  for (const each of [sandbox, paypalSandbox]) {
    // News of the last test that is still on its way must not arrive in the next one.
    each.webhookMode({})
    await each.flushWebhooks()
    await each.reset()
  }
  await truncateAll()
}
