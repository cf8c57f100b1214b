import { BaseSchema } from '@adonisjs/lucid/schema'

/** What a person who is not erased does; an erased one can do none of it. */
const ACTS: Record<string, string[]> = {
  sessions: ['user_id'],
  single_use_tokens: ['user_id'],
  idempotency_keys: ['user_id'],
  payout_accounts: ['user_id'],
  invitations: ['invited_by'],
  messages: ['sender_id'],
  proposals: ['proposed_by'],
  submissions: ['submitted_by'],
  refund_requests: ['requested_by'],
  data_exports: ['user_id'],
  identities: ['user_id'],
  email_changes: ['user_id'],
  mfa_authenticators: ['user_id'],
  mfa_challenges: ['user_id'],
  notification_preferences: ['user_id'],
  deliverables: ['uploaded_by'],
}

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- Somebody whose personal data is gone. The row stays: the books and the other party's projects
      -- refer to it.
      ALTER TABLE users
        ALTER COLUMN password DROP NOT NULL,
        ADD COLUMN erased_at timestamptz,
        ADD CHECK (erased_at IS NULL OR
          email LIKE 'deleted-%@erased.invalid' AND password IS NULL AND NOT is_verified
          AND first_name = '' AND last_name = '');

      -- That it was done, by whom and why. Nothing here says who it was.
      CREATE TABLE erasures (
        user_id uuid PRIMARY KEY REFERENCES users (id),
        requested_by text NOT NULL CHECK (requested_by IN ('user', 'operator', 'retention')),
        -- The operator who did it; empty for people who did it themselves, and for what the schedule erases.
        operator text NOT NULL DEFAULT '',
        reason text NOT NULL DEFAULT '',
        erased_at timestamptz NOT NULL DEFAULT now(),
        CHECK (requested_by <> 'operator' OR operator <> '' AND reason <> '')
      );
      CREATE FUNCTION erasures_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% on erasures: what was erased stays erased', TG_OP;
      END $$;
      CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erasures
        FOR EACH STATEMENT EXECUTE FUNCTION erasures_append_only();

      -- A copy of somebody's data, prepared for them to fetch.
      CREATE TABLE data_exports (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        -- pending: being prepared. ready: can be fetched until expires_at. failed: nothing came of it.
        -- expired: its file is deleted.
        state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'ready', 'failed', 'expired')),
        -- Where the zip is; random, so that nobody can guess it.
        key text NOT NULL UNIQUE,
        size bigint CHECK (size > 0),
        sha256 text,
        created_at timestamptz NOT NULL DEFAULT now(),
        ready_at timestamptz,
        expires_at timestamptz,
        CHECK (state <> 'ready' OR num_nulls(size, sha256, ready_at, expires_at) = 0)
      );
      CREATE INDEX data_exports_user ON data_exports (user_id, id DESC);
      CREATE UNIQUE INDEX data_exports_one_pending ON data_exports (user_id) WHERE state = 'pending';
      CREATE INDEX data_exports_to_expire ON data_exports (expires_at) WHERE state = 'ready';

      -- Whom a notification names, where nothing else tells any more.
      CREATE INDEX notifications_by ON notifications ((data ->> 'by_id')) WHERE data ->> 'by_id' IS NOT NULL;

      -- When the payload was deleted, because nothing needs it any more.
      ALTER TABLE inbox_events ADD COLUMN payload_purged_at timestamptz;
      CREATE INDEX inbox_events_to_purge ON inbox_events (received_at)
        WHERE payload_purged_at IS NULL AND status IN ('handled', 'ignored');

      -- When the texts of a finished project were deleted.
      ALTER TABLE projects ADD COLUMN messages_purged_at timestamptz;

      -- The same lock that a foreign key takes: whoever writes for a person waits for their erasure, and
      -- the other way round, so that an erasure and a new row cannot miss each other.
      CREATE FUNCTION refuse_erased_user() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        column_name text;
        gone timestamptz;
      BEGIN
        FOREACH column_name IN ARRAY TG_ARGV LOOP
          SELECT u.erased_at INTO gone FROM users u
            WHERE u.id = (to_jsonb(NEW) ->> column_name)::uuid FOR KEY SHARE;
          IF gone IS NOT NULL THEN
            RAISE EXCEPTION '% on %: the user is erased', TG_OP, TG_TABLE_NAME
              USING ERRCODE = 'SU001', DETAIL = column_name;
          END IF;
        END LOOP;
        RETURN NEW;
      END $$;

      CREATE TRIGGER nobody_erased BEFORE INSERT ON projects
        FOR EACH ROW EXECUTE FUNCTION refuse_erased_user('client_id', 'freelancer_id');
      CREATE TRIGGER nobody_erased_begins BEFORE UPDATE OF status, freelancer_id ON projects
        FOR EACH ROW WHEN (NEW.freelancer_id IS DISTINCT FROM OLD.freelancer_id
          OR OLD.status = 'draft' AND NEW.status = 'active')
        EXECUTE FUNCTION refuse_erased_user('client_id', 'freelancer_id');
      -- A picture that was on its way when the account was deleted.
      CREATE TRIGGER nobody_erased BEFORE UPDATE ON profiles
        FOR EACH ROW EXECUTE FUNCTION refuse_erased_user('user_id');
      -- A change that was under way, such as of the password or the name, finds nobody to change.
      CREATE TRIGGER stays_erased BEFORE UPDATE ON users
        FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL) EXECUTE FUNCTION refuse_erased_user('id');
      -- What the system books for somebody, such as a refund, goes on.
      CREATE TRIGGER nobody_erased BEFORE INSERT ON transactions
        FOR EACH ROW WHEN (NEW.transaction_type = 'deposit')
        EXECUTE FUNCTION refuse_erased_user('user_id');
    `)
    for (const [table, columns] of Object.entries(ACTS)) {
      this.schema.raw(`
        CREATE TRIGGER nobody_erased BEFORE INSERT ON ${table}
          FOR EACH ROW EXECUTE FUNCTION refuse_erased_user(${columns.map((name) => `'${name}'`).join()})
      `)
    }
  }

  async down() {
    // Erased users have no password: they would have to be deleted before the column can require one.
    this.schema.raw(`
      DROP FUNCTION refuse_erased_user() CASCADE;
      DROP INDEX notifications_by;
      DROP TABLE data_exports, erasures;
      DROP FUNCTION erasures_append_only();
      ALTER TABLE projects DROP COLUMN messages_purged_at;
      ALTER TABLE inbox_events DROP COLUMN payload_purged_at;
      ALTER TABLE users DROP COLUMN erased_at;
    `)
  }
}
