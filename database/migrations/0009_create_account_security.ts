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
    `)
  }

  async down() {
    this.schema.dropTable('terms_acceptances')
  }
}
