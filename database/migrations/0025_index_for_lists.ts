import { BaseSchema } from '@adonisjs/lucid/schema'

/** What people filter the console's lists by. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- Newest first; a rare action is found without reading the others. C, so that 'payout' finds by prefix
      -- whatever the database's own order is.
      CREATE INDEX audit_log_action ON audit_log (action COLLATE "C", id DESC);
      CREATE INDEX audit_log_actor_type ON audit_log (actor_type, id DESC);
      CREATE INDEX audit_log_target_id ON audit_log (target_id, id DESC);
      CREATE INDEX audit_log_at ON audit_log (at);
      -- What operators called themselves; there are few beside what staff does.
      CREATE INDEX audit_words_operator ON audit_words (audit_id) WHERE operator <> '';

      CREATE INDEX deposits_refunded_elsewhere ON deposits (transaction_id) WHERE refunded_elsewhere > 0;
    `)
    // An extension that comes with PostgreSQL, but that not every server lets its users have. Without it
    // nothing is missing but speed.
    this.schema.raw(`
      DO $$ BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX users_email_trigrams ON users USING gin (email gin_trgm_ops);
        CREATE INDEX users_name_trigrams ON users USING gin ((first_name || ' ' || last_name) gin_trgm_ops);
      EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file OR undefined_object THEN
        RAISE NOTICE 'pg_trgm is not allowed here: users are searched without an index';
      END $$
    `)
  }

  async down() {
    this.schema.raw(`
      DROP INDEX IF EXISTS users_name_trigrams, users_email_trigrams;
      DROP INDEX deposits_refunded_elsewhere, audit_words_operator, audit_log_at, audit_log_target_id,
        audit_log_actor_type, audit_log_action;
    `)
  }
}
