import { BaseSchema } from '@adonisjs/lucid/schema'

/** What a person who is not erased does; an erased one can do none of it. */
const ACTS: Record<string, string> = {
  disputes: 'opened_by',
  dispute_messages: 'sender_id',
  dispute_evidence: 'uploaded_by',
  dispute_offers: 'made_by',
}

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      ALTER TABLE disputes
        -- The other party: whose first answer is waited for.
        ADD COLUMN respondent_id uuid REFERENCES users (id),
        -- Until when the first answer has to come, and until when they may go on by themselves. Empty for a
        -- refund request that nobody answered, which is escalated from the beginning.
        ADD COLUMN respond_by timestamptz,
        ADD COLUMN negotiate_until timestamptz,
        ADD COLUMN answered_at timestamptz,
        ADD COLUMN escalated_at timestamptz,
        -- Empty when time did it.
        ADD COLUMN escalated_by uuid REFERENCES users (id),
        ADD COLUMN escalated_reason text
          CHECK (escalated_reason IN ('requested', 'negotiation_over', 'refund_unanswered')),
        -- Staff's decision, while a second person looks at it and afterwards. Emptied when it is refused.
        ADD COLUMN decided_at timestamptz,
        ADD COLUMN decided_by uuid REFERENCES staff (id),
        -- For the parties.
        ADD COLUMN decision_reason text,
        -- Who chose to halve what is held, for small claims; settled once both have.
        ADD COLUMN opener_splits_at timestamptz,
        ADD COLUMN respondent_splits_at timestamptz,
        -- How it was settled, and what came of the money in minor units of currency; fees are in the release.
        ADD COLUMN settled_how text CHECK (settled_how IN ('offer', 'no_answer', 'equal_split', 'decision')),
        ADD COLUMN to_freelancer bigint CHECK (to_freelancer >= 0),
        ADD COLUMN to_client bigint CHECK (to_client >= 0),
        -- Empty, though withdrawn, when the payer's bank took all that was held.
        ADD COLUMN withdrawn_by uuid REFERENCES users (id),
        -- Days-before marks of the reminders sent for the deadline that runs.
        ADD COLUMN reminders_sent jsonb NOT NULL DEFAULT '[]',
        -- Grows with every change, new messages, files and offers included: what staff decide is bound to it.
        ADD COLUMN version bigint NOT NULL DEFAULT 1,
        ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

      UPDATE disputes d
         SET respondent_id = CASE d.opened_by WHEN p.client_id THEN p.freelancer_id ELSE p.client_id END,
             escalated_at = d.created_at, escalated_reason = 'refund_unanswered'
        FROM milestones m JOIN projects p ON p.id = m.project_id
       WHERE m.id = d.milestone_id;

      ALTER TABLE disputes
        ALTER COLUMN respondent_id SET NOT NULL,
        ADD CHECK (respondent_id <> opened_by),
        ADD CHECK (status <> 'open' OR respond_by IS NOT NULL AND answered_at IS NULL),
        ADD CHECK (status <> 'negotiating' OR negotiate_until IS NOT NULL AND answered_at IS NOT NULL),
        ADD CHECK (status NOT IN ('escalated', 'decided') OR escalated_at IS NOT NULL),
        ADD CHECK (status <> 'decided' OR decided_at IS NOT NULL AND decided_by IS NOT NULL),
        ADD CHECK ((escalated_at IS NULL) = (escalated_reason IS NULL)),
        ADD CONSTRAINT disputes_closed
          CHECK ((status IN ('settled', 'withdrawn')) = (closed_at IS NOT NULL)),
        ADD CHECK (withdrawn_by IS NULL OR status = 'withdrawn'),
        ADD CHECK (CASE WHEN status = 'settled' THEN num_nulls(settled_how, to_freelancer, to_client) = 0
                        ELSE num_nonnulls(settled_how, to_freelancer, to_client) = 0 END);
      CREATE INDEX disputes_milestone ON disputes (milestone_id, id);
      CREATE INDEX disputes_opened_by ON disputes (opened_by, id DESC);
      CREATE INDEX disputes_respondent ON disputes (respondent_id, id DESC);
      CREATE INDEX disputes_respond_by ON disputes (respond_by) WHERE status = 'open';
      CREATE INDEX disputes_negotiate_until ON disputes (negotiate_until) WHERE status = 'negotiating';
      CREATE INDEX disputes_escalated ON disputes (escalated_at) WHERE status IN ('escalated', 'decided');

      CREATE FUNCTION count_dispute_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.version := OLD.version + 1;
        NEW.updated_at := now();
        RETURN NEW;
      END $$;
      CREATE TRIGGER disputes_version BEFORE UPDATE ON disputes
        FOR EACH ROW EXECUTE FUNCTION count_dispute_change();

      -- What was said: one answer by the respondent, and any messages of both sides and of staff.
      CREATE TABLE dispute_messages (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        dispute_id uuid NOT NULL REFERENCES disputes (id) ON DELETE CASCADE,
        sender_id uuid REFERENCES users (id),
        staff_id uuid REFERENCES staff (id),
        kind text NOT NULL CHECK (kind IN ('answer', 'message')),
        body text NOT NULL CHECK (body <> ''),
        created_at timestamptz NOT NULL DEFAULT now(),
        CHECK (num_nonnulls(sender_id, staff_id) = 1),
        CHECK (kind = 'message' OR sender_id IS NOT NULL)
      );
      CREATE INDEX dispute_messages_dispute ON dispute_messages (dispute_id, id);
      CREATE UNIQUE INDEX dispute_messages_one_answer ON dispute_messages (dispute_id) WHERE kind = 'answer';

      -- Files that a side has uploaded for a dispute, as deliverables are (0010). They stay with it.
      CREATE TABLE dispute_evidence (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        dispute_id uuid NOT NULL REFERENCES disputes (id) ON DELETE CASCADE,
        uploaded_by uuid NOT NULL REFERENCES users (id),
        name text NOT NULL CHECK (name <> '' AND char_length(name) <= 200),
        -- Bytes.
        size integer NOT NULL CHECK (size > 0),
        -- By what is in it.
        content_type text NOT NULL CHECK (content_type <> ''),
        sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        storage_key text NOT NULL UNIQUE,
        -- Only 'clean' and 'unscanned' (there was no scanner) can be looked at.
        scan_status text NOT NULL CHECK (scan_status IN ('pending', 'clean', 'infected', 'unscanned')),
        scan_signature text,
        scanned_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        CHECK ((scan_status = 'infected') = (scan_signature IS NOT NULL))
      );
      CREATE INDEX dispute_evidence_dispute ON dispute_evidence (dispute_id, id);
      CREATE INDEX dispute_evidence_uploaded_by ON dispute_evidence (uploaded_by, id);
      CREATE INDEX dispute_evidence_pending_scan ON dispute_evidence (id) WHERE scan_status = 'pending';

      -- A split that one side offers: so much of what is held to the freelancer, the rest to the client.
      CREATE TABLE dispute_offers (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        dispute_id uuid NOT NULL REFERENCES disputes (id) ON DELETE CASCADE,
        made_by uuid NOT NULL REFERENCES users (id),
        -- minor units of currency, our fee included; what is held without it goes back to the client
        to_freelancer bigint NOT NULL CHECK (to_freelancer >= 0),
        to_client bigint NOT NULL CHECK (to_client >= 0),
        currency char(3) NOT NULL,
        note text NOT NULL DEFAULT '',
        -- superseded: another offer came after it. expired: the dispute ended, or staff decided, without it.
        status text NOT NULL DEFAULT 'open'
          CHECK (status IN ('open', 'accepted', 'declined', 'superseded', 'expired')),
        created_at timestamptz NOT NULL DEFAULT now(),
        -- Empty while open, and where time or another offer ended it.
        decided_by uuid REFERENCES users (id),
        closed_at timestamptz,
        CHECK (decided_by <> made_by),
        CHECK ((status IN ('accepted', 'declined')) = (decided_by IS NOT NULL)),
        CHECK ((status = 'open') = (closed_at IS NULL))
      );
      CREATE INDEX dispute_offers_dispute ON dispute_offers (dispute_id, id);
      CREATE UNIQUE INDEX dispute_offers_one_open ON dispute_offers (dispute_id) WHERE status = 'open';
      CREATE UNIQUE INDEX dispute_offers_one_accepted ON dispute_offers (dispute_id) WHERE status = 'accepted';
    `)
    for (const [table, column] of Object.entries(ACTS)) {
      this.schema.raw(`
        CREATE TRIGGER nobody_erased BEFORE INSERT ON ${table}
          FOR EACH ROW EXECUTE FUNCTION refuse_erased_user('${column}')
      `)
    }
  }

  async down() {
    this.schema.raw(`
      DROP TABLE dispute_offers, dispute_evidence, dispute_messages;
      DROP TRIGGER nobody_erased ON disputes;
      DROP TRIGGER disputes_version ON disputes;
      DROP FUNCTION count_dispute_change();
      DROP INDEX disputes_milestone, disputes_opened_by;
      ALTER TABLE disputes
        DROP CONSTRAINT disputes_closed, DROP COLUMN respondent_id, DROP COLUMN respond_by, DROP COLUMN negotiate_until,
        DROP COLUMN answered_at, DROP COLUMN escalated_at, DROP COLUMN escalated_by,
        DROP COLUMN escalated_reason, DROP COLUMN decided_at, DROP COLUMN decided_by,
        DROP COLUMN decision_reason, DROP COLUMN opener_splits_at, DROP COLUMN respondent_splits_at,
        DROP COLUMN settled_how, DROP COLUMN to_freelancer, DROP COLUMN to_client, DROP COLUMN withdrawn_by,
        DROP COLUMN reminders_sent, DROP COLUMN version, DROP COLUMN updated_at;
    `)
  }
}
