import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- What a user has chosen; who has no row gets mail. No row can exist for security mails, which
      -- cannot be switched off: they tell the owner what somebody else may have done.
      CREATE TABLE notification_preferences (
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        category text NOT NULL CHECK (category IN ('work', 'money', 'messages', 'account')),
        email boolean NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (user_id, category)
      );

      -- When the mail server took the mail about it: it is mailed once.
      ALTER TABLE notifications ADD COLUMN mailed_at timestamptz;
    `)
  }

  async down() {
    this.schema.raw(`
      ALTER TABLE notifications DROP COLUMN mailed_at;
      DROP TABLE notification_preferences;
    `)
  }
}
