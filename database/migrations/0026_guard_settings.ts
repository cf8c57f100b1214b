import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- The second person's approval of a change that needed one.
      ALTER TABLE settings ADD COLUMN approval_id uuid UNIQUE REFERENCES approvals (id);

      -- A version stays as it is. Nobody raises the threshold that the second person hangs on alone, and an
      -- approval is of one value, over one version.
      CREATE FUNCTION guard_setting() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        weaker boolean := false;
      BEGIN
        IF NEW.name = 'four_eyes_threshold' THEN
          weaker := (NEW.value #>> '{}')::numeric > four_eyes_threshold();
        END IF;
        IF (weaker OR NEW.approval_id IS NOT NULL) AND NOT EXISTS (
             SELECT FROM approvals a WHERE a.id = NEW.approval_id AND a.status = 'approved'
               AND a.kind = 'setting_change' AND a.content ->> 'name' = NEW.name
               AND a.content -> 'to' = NEW.value AND a.version = NEW.version - 1) THEN
          RAISE EXCEPTION 'No second person has approved this value of %', NEW.name
            USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER two_people BEFORE INSERT ON settings
        FOR EACH ROW EXECUTE FUNCTION guard_setting();
      CREATE TRIGGER settings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON settings
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    `)
  }

  async down() {
    this.schema.raw(`
      DROP TRIGGER settings_append_only ON settings;
      DROP TRIGGER two_people ON settings;
      DROP FUNCTION guard_setting();
      ALTER TABLE settings DROP COLUMN approval_id;
    `)
  }
}
