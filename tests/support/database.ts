import db from '@adonisjs/lucid/services/db'

/**
 * Empties every table that holds data and leaves the schema. The ledger refuses that by trigger, as
 * it should; as the database's owner a test may switch triggers off for one transaction.
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
          SELECT c.oid::regclass FROM pg_class c
          WHERE c.relkind = 'r'
            AND (c.relnamespace = 'public'::regnamespace
                 AND c.relname NOT IN ('adonis_schema', 'adonis_schema_versions')
              -- of the job queue only the jobs, not its version, queues and schedules
              OR c.relnamespace = to_regnamespace('pgboss')::oid AND c.relname ~ '^(job|archive|j[0-9a-f]{20,})')
        LOOP
          EXECUTE format('DELETE FROM %s', relation);
        END LOOP;
      END
      $$
    `)
  })
}
