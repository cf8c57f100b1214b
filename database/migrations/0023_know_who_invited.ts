import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- Who made the link, and so could have used it themselves. At the command line it is nobody of the staff.
      ALTER TABLE staff_invitations ADD COLUMN issued_by uuid REFERENCES staff (id);
      CREATE INDEX staff_invitations_staff ON staff_invitations (staff_id, created_at);

      -- A member of the staff, and everybody whose link their access goes back to within the last seven days.
      CREATE FUNCTION behind_access_of(member uuid) RETURNS TABLE (id uuid) LANGUAGE sql STABLE AS $$
        WITH RECURSIVE behind (id) AS (
          SELECT member
          UNION
          SELECT i.issued_by FROM behind
            JOIN staff_invitations i ON i.staff_id = behind.id AND i.issued_by IS NOT NULL
             AND i.created_at > now() - interval '7 days'
        )
        SELECT behind.id FROM behind
      $$;

      -- Two people are two only if neither, nor anybody else, has just made the other's access.
      CREATE FUNCTION guard_second_person() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM behind_access_of(NEW.proposed_by) p
             JOIN behind_access_of(NEW.decided_by) d ON d.id = p.id) THEN
          RAISE EXCEPTION 'the second person got their access from the first, or both from the same'
            USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER approvals_second_person BEFORE UPDATE ON approvals FOR EACH ROW
        WHEN (NEW.status = 'approved' AND NEW.decided_by <> NEW.proposed_by) EXECUTE FUNCTION guard_second_person();
    `)
  }

  async down() {
    this.schema.raw(`
      DROP TRIGGER approvals_second_person ON approvals;
      DROP FUNCTION guard_second_person(), behind_access_of(uuid);
      DROP INDEX staff_invitations_staff;
      ALTER TABLE staff_invitations DROP COLUMN issued_by;
    `)
  }
}
