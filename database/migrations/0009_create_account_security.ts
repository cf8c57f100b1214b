import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- Who accepted which terms of use when, and on what occasion. Rows are only ever added. No cascade:
      -- that somebody agreed outlives their personal data.
      CREATE TABLE terms_acceptances (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        user_id uuid NOT NULL REFERENCES users (id),
        version text NOT NULL CHECK (version <> ''),
        context text NOT NULL CHECK (context IN ('registration', 'invitation')),
        -- The project that was taken on with these terms.
        project_id uuid REFERENCES projects (id),
        accepted_at timestamptz NOT NULL DEFAULT now(),
        CHECK ((context = 'invitation') = (project_id IS NOT NULL))
      );
      CREATE INDEX terms_acceptances_user ON terms_acceptances (user_id);

      -- Null: the account was made by signing in at a provider, and no password has been set since.
      ALTER TABLE users ALTER COLUMN password DROP NOT NULL;

      ALTER TABLE sessions DROP CONSTRAINT sessions_revoked_reason_check;
      ALTER TABLE sessions ADD CONSTRAINT sessions_revoked_reason_check CHECK (revoked_reason IN (
        'logout', 'reuse', 'revoked', 'password_reset', 'password_changed', 'email_changed', 'mfa_enabled',
        'mfa_reset', 'account_closed'));

      -- A change of the e-mail address: takes effect when both addresses have confirmed it.
      CREATE TABLE email_changes (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        -- Who asked gave the password; this session outlives the change, the others do not.
        session_id uuid REFERENCES sessions (id) ON DELETE SET NULL,
        old_email text NOT NULL,
        -- Not unique, and not looked up in users: only who confirms may learn that it is taken.
        new_email text NOT NULL CHECK (new_email = lower(new_email) AND new_email <> old_email),
        -- SHA-256 of the tokens of the two mailed links; null until the mail is written.
        old_token_hash text UNIQUE,
        new_token_hash text UNIQUE,
        old_confirmed_at timestamptz,
        new_confirmed_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        changed_at timestamptz,
        cancelled_at timestamptz,
        -- The old one need not confirm if it was never verified.
        CHECK (changed_at IS NULL OR new_confirmed_at IS NOT NULL),
        CHECK (changed_at IS NULL OR cancelled_at IS NULL)
      );
      -- One at a time: the last one that was asked for.
      CREATE UNIQUE INDEX email_changes_open ON email_changes (user_id)
        WHERE changed_at IS NULL AND cancelled_at IS NULL;
      CREATE INDEX email_changes_new_email ON email_changes (new_email, created_at);

      -- The authenticator app of a user (RFC 6238). Not in force until its first code was given.
      CREATE TABLE mfa_authenticators (
        user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
        -- Encrypted with APP_KEY, for this user: unlike a password, a secret must be readable to check a code.
        secret text NOT NULL,
        -- The time step of the last code that was accepted; no code of it or before it is accepted again.
        last_step bigint,
        -- Wrong codes within the hour that began then, however many sign-ins they were given for.
        wrong_codes smallint NOT NULL DEFAULT 0,
        wrong_since timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        confirmed_at timestamptz,
        CHECK (confirmed_at IS NULL OR last_step IS NOT NULL)
      );

      CREATE TABLE mfa_recovery_codes (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        user_id uuid NOT NULL REFERENCES mfa_authenticators (user_id) ON DELETE CASCADE,
        -- SHA-256; the codes have 80 random bits, so guessing from this is hopeless.
        code_hash text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        used_at timestamptz,
        UNIQUE (user_id, code_hash)
      );

      -- A sign-in whose first factor was right and whose second is awaited.
      CREATE TABLE mfa_challenges (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        token_hash text NOT NULL UNIQUE,
        wrong_codes smallint NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        used_at timestamptz
      );
      CREATE INDEX mfa_challenges_user ON mfa_challenges (user_id, created_at);

      -- Accounts elsewhere that sign a user in. What counts is the provider's id (subject): an address may
      -- get another owner there.
      CREATE TABLE identities (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        provider text NOT NULL CHECK (provider IN ('google', 'github')),
        subject text NOT NULL CHECK (subject <> ''),
        -- As the provider had it when it was linked; shown, so that its owner recognises it.
        email text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz,
        UNIQUE (provider, subject)
      );
      CREATE INDEX identities_user ON identities (user_id);

      -- What a provider said of who came back from it, until the frontend trades the one-time code for it.
      CREATE TABLE oauth_handovers (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        code_hash text NOT NULL UNIQUE,
        provider text NOT NULL CHECK (provider IN ('google', 'github')),
        subject text NOT NULL CHECK (subject <> ''),
        -- Verified by the provider.
        email text NOT NULL CHECK (email = lower(email)),
        first_name text NOT NULL,
        last_name text NOT NULL,
        -- SHA-256 of a secret that only the browser knows that began the sign-in, if its frontend sent one.
        code_challenge text,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        used_at timestamptz
      );
    `)
  }

  async down() {
    for (const table of [
      'oauth_handovers',
      'identities',
      'mfa_challenges',
      'mfa_recovery_codes',
      'mfa_authenticators',
      'email_changes',
      'terms_acceptances',
    ]) {
      this.schema.dropTable(table)
    }
    this.schema.raw(`
      UPDATE sessions SET revoked_reason = 'logout'
       WHERE revoked_reason NOT IN ('logout', 'reuse', 'password_reset');
      ALTER TABLE sessions DROP CONSTRAINT sessions_revoked_reason_check;
      ALTER TABLE sessions ADD CONSTRAINT sessions_revoked_reason_check
        CHECK (revoked_reason IN ('logout', 'reuse', 'password_reset'));
      -- Well-formed, and of nothing that anybody could type.
      UPDATE users SET password = '$argon2id$v=19$m=19456,t=2,p=1$'
          || rtrim(encode(sha256(id::text::bytea), 'base64'), '=') || '$'
          || rtrim(encode(sha256(gen_random_uuid()::text::bytea), 'base64'), '=')
       WHERE password IS NULL;
      ALTER TABLE users ALTER COLUMN password SET NOT NULL;
    `)
  }
}
