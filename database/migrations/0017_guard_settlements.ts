import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- The second person's approval of a decision that needed one.
      ALTER TABLE disputes ADD COLUMN approval_id uuid UNIQUE REFERENCES approvals (id);

      -- The default is that of app/escrow/settings.ts.
      CREATE FUNCTION four_eyes_threshold() RETURNS numeric LANGUAGE sql STABLE AS $$
        SELECT coalesce((SELECT (value #>> '{}')::numeric FROM settings
          WHERE name = 'four_eyes_threshold' ORDER BY version DESC LIMIT 1), 500.00)
      $$;

      -- Whether a decision about so much (minor units) takes a second person. The threshold is so many of the
      -- currency itself, dollars or yen, and is not converted.
      CREATE FUNCTION needs_second_person(amount bigint, currency text) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT amount > four_eyes_threshold() * CASE currency WHEN 'JPY' THEN 1 ELSE 100 END
      $$;

      -- Money is divided by what both agreed to, by what silence decided, or by staff, of whom it takes two
      -- above the threshold. Nobody gets around the second person by calling it something else.
      CREATE FUNCTION guard_settlement() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        divided bigint := NEW.to_freelancer + NEW.to_client;
        fits boolean;
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.status = 'settled' THEN
            RAISE EXCEPTION 'a dispute does not begin as settled' USING ERRCODE = 'restrict_violation';
          END IF;
          RETURN NEW;
        END IF;
        IF OLD.status = 'settled' THEN
          IF (NEW.id, NEW.milestone_id, NEW.status, NEW.settled_how, NEW.to_freelancer, NEW.to_client,
                NEW.currency, NEW.approval_id, NEW.decided_by)
              IS DISTINCT FROM (OLD.id, OLD.milestone_id, OLD.status, OLD.settled_how, OLD.to_freelancer,
                OLD.to_client, OLD.currency, OLD.approval_id, OLD.decided_by) THEN
            RAISE EXCEPTION 'a settled dispute stays as it is' USING ERRCODE = 'restrict_violation';
          END IF;
          RETURN NEW;
        END IF;
        IF NEW.status <> 'settled' THEN
          RETURN NEW;
        END IF;
        IF (NEW.id, NEW.milestone_id, NEW.currency) IS DISTINCT FROM (OLD.id, OLD.milestone_id, OLD.currency) THEN
          RAISE EXCEPTION 'a dispute stays what it is about' USING ERRCODE = 'restrict_violation';
        END IF;
        fits := CASE NEW.settled_how
          WHEN 'offer' THEN EXISTS (SELECT FROM dispute_offers o WHERE o.dispute_id = NEW.id
            AND o.status = 'accepted' AND (o.to_freelancer, o.to_client) = (NEW.to_freelancer, NEW.to_client))
          WHEN 'equal_split' THEN NEW.opener_splits_at IS NOT NULL AND NEW.respondent_splits_at IS NOT NULL
            AND abs(NEW.to_freelancer - NEW.to_client) <= 1
          WHEN 'no_answer' THEN OLD.status = 'open' AND OLD.respond_by <= now()
          WHEN 'decision' THEN OLD.status IN ('escalated', 'decided') AND NEW.decided_by IS NOT NULL
            AND NEW.decision_reason <> ''
        END;
        IF fits IS NOT TRUE THEN
          RAISE EXCEPTION 'nothing decides that this dispute is settled by %', NEW.settled_how
            USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.settled_how = 'decision' AND (needs_second_person(divided, NEW.currency) OR NEW.approval_id IS NOT NULL) THEN
          PERFORM assert_approved(NEW.approval_id, 'dispute_decision', NEW.id, divided, NEW.currency);
          IF NOT EXISTS (SELECT FROM approvals a WHERE a.id = NEW.approval_id AND a.version = OLD.version
               AND a.proposed_by = NEW.decided_by
               AND a.content ->> 'to_freelancer' = NEW.to_freelancer::text
               AND a.content ->> 'to_client' = NEW.to_client::text) THEN
            RAISE EXCEPTION 'what was approved is another decision' USING ERRCODE = 'restrict_violation';
          END IF;
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER disputes_guard_settlement BEFORE INSERT OR UPDATE ON disputes
        FOR EACH ROW EXECUTE FUNCTION guard_settlement();

      -- A resolution divides the money of a dispute that says so.
      CREATE FUNCTION guard_resolution() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM disputes d WHERE NEW.reference = 'resolution:' || d.id
             AND d.milestone_id = NEW.milestone_id AND d.status = 'settled') THEN
          RAISE EXCEPTION 'no settled dispute for the entry %', NEW.reference
            USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER settled_first BEFORE INSERT ON journal_entries
        FOR EACH ROW WHEN (NEW.kind = 'resolution') EXECUTE FUNCTION guard_resolution();
    `)
  }

  async down() {
    this.schema.raw(`
      DROP TRIGGER settled_first ON journal_entries;
      DROP TRIGGER disputes_guard_settlement ON disputes;
      DROP FUNCTION guard_resolution(), guard_settlement(), needs_second_person(bigint, text), four_eyes_threshold();
      ALTER TABLE disputes DROP COLUMN approval_id;
    `)
  }
}
