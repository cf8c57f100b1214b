import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- Staff have shut somebody out; empty again once they are let back. Why is in the audit log.
      ALTER TABLE users ADD COLUMN suspended_at timestamptz;
      CREATE INDEX users_suspended ON users (id) WHERE suspended_at IS NOT NULL;

      ALTER TABLE sessions DROP CONSTRAINT sessions_revoked_reason_check;
      ALTER TABLE sessions ADD CONSTRAINT sessions_revoked_reason_check CHECK (revoked_reason IN (
        'logout', 'reuse', 'revoked', 'password_reset', 'password_changed', 'email_changed', 'mfa_enabled',
        'mfa_reset', 'account_closed', 'suspended'));
    `)
  }

  async down() {
    this.schema.raw(`
      UPDATE sessions SET revoked_reason = 'revoked' WHERE revoked_reason = 'suspended';
      ALTER TABLE sessions DROP CONSTRAINT sessions_revoked_reason_check;
      ALTER TABLE sessions ADD CONSTRAINT sessions_revoked_reason_check CHECK (revoked_reason IN (
        'logout', 'reuse', 'revoked', 'password_reset', 'password_changed', 'email_changed', 'mfa_enabled',
        'mfa_reset', 'account_closed'));
      DROP INDEX users_suspended;
      ALTER TABLE users DROP COLUMN suspended_at;
    `)
  }
}
