import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- Each time that this database was restored from a backup: what was recorded before it began may have gone on
      -- at the providers meanwhile. Who and why is in the audit log.
      CREATE TABLE recoveries (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        -- Until when the backup goes.
        backup_until timestamptz NOT NULL,
        begun_at timestamptz NOT NULL DEFAULT now(),
        -- Payouts and refunds wait until then.
        ended_at timestamptz,
        -- Payments by the providers that stayed missing in the books when it ended: { rail, id, amount, currency,
        -- exact, user_id }. What might pay one of them a second time is held until somebody has looked.
        tolerated jsonb NOT NULL DEFAULT '[]',
        CHECK (backup_until <= begun_at AND begun_at <= ended_at)
      );
      CREATE UNIQUE INDEX recoveries_one_open ON recoveries ((true)) WHERE ended_at IS NULL;
      CREATE TRIGGER never_emptied BEFORE DELETE OR TRUNCATE ON recoveries
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    `)
  }

  async down() {
    this.schema.raw('DROP TABLE recoveries')
  }
}
