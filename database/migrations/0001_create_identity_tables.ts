import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    /**
     * UUIDv7 (RFC 9562): ordered by time, so a list can page by id and indexes grow at one end.
     * PostgreSQL has it built in from 18 on; SafeSend runs from 15 on.
     */
    this.schema.raw(`
      CREATE OR REPLACE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
        SELECT encode(
          set_bit(
            set_bit(
              overlay(
                uuid_send(gen_random_uuid())
                PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                FROM 1 FOR 6),
              52, 1),
            53, 1),
          'hex')::uuid
      $$
    `)

    this.schema.raw(`
      CREATE TABLE users (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        email text NOT NULL CHECK (email = lower(email)),
        password text NOT NULL,
        user_type text NOT NULL CHECK (user_type IN ('client', 'freelancer')),
        first_name text NOT NULL DEFAULT '',
        last_name text NOT NULL DEFAULT '',
        is_verified boolean NOT NULL DEFAULT false,
        -- Notifications number themselves per user, without gaps: the next one is this plus one.
        notification_seq bigint NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX users_email_unique ON users (email);

      CREATE TABLE profiles (
        user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
        bio text NOT NULL DEFAULT '',
        avatar text,
        skills jsonb NOT NULL DEFAULT '[]',
        -- minor units of hourly_rate_currency
        hourly_rate bigint CHECK (hourly_rate >= 0),
        hourly_rate_currency char(3) NOT NULL DEFAULT 'USD',
        portfolio_url text NOT NULL DEFAULT '',
        updated_at timestamptz NOT NULL DEFAULT now()
      );

      -- A session is one sign-in on one device: the family that its refresh tokens belong to.
      CREATE TABLE sessions (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        user_agent text,
        ip inet,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        revoked_reason text CHECK (revoked_reason IN ('logout', 'reuse', 'password_reset'))
      );
      CREATE INDEX sessions_user ON sessions (user_id);

      CREATE TABLE refresh_tokens (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        -- SHA-256 of the token: who reads this table cannot sign in with it.
        token_hash text NOT NULL UNIQUE,
        -- Unique: a token has one successor, so a family is a chain and never a tree.
        predecessor_id uuid UNIQUE REFERENCES refresh_tokens (id) ON DELETE SET NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        used_at timestamptz
      );
      CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

      CREATE TABLE single_use_tokens (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        purpose text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
        token_hash text NOT NULL UNIQUE,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        used_at timestamptz
      );
      CREATE INDEX single_use_tokens_user ON single_use_tokens (user_id, purpose);
    `)
  }

  async down() {
    for (const table of ['single_use_tokens', 'refresh_tokens', 'sessions', 'profiles', 'users']) {
      this.schema.dropTable(table)
    }
    this.schema.raw('DROP FUNCTION uuid_v7()')
  }
}
