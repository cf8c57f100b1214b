import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- Who works here. Not users: they have no money, and users never become them.
      CREATE TABLE staff (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        name text NOT NULL CHECK (name <> ''),
        email text NOT NULL UNIQUE CHECK (email = lower(email)),
        role text NOT NULL CHECK (role IN ('support', 'finance', 'admin')),
        -- Null until they have set one by their invitation.
        password text,
        created_at timestamptz NOT NULL DEFAULT now(),
        -- The row stays, because what they did refers to it.
        disabled_at timestamptz,
        last_signed_in_at timestamptz
      );

      -- Wrong passwords and codes in a row for an address, and until when no more are taken. Whether anybody has
      -- the address makes no difference, so that nothing here tells.
      CREATE TABLE staff_attempts (
        -- SHA-256 of the address
        address_hash text NOT NULL,
        -- One that its owner has signed in from before, which counts by itself; or '', all others together.
        network text NOT NULL,
        failed integer NOT NULL CHECK (failed >= 0),
        locked_until timestamptz,
        last_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (address_hash, network)
      );

      -- The authenticator app of one of them (RFC 6238). Not in force until its first code was given.
      CREATE TABLE staff_authenticators (
        staff_id uuid PRIMARY KEY REFERENCES staff (id) ON DELETE CASCADE,
        -- Encrypted with APP_KEY, for this person.
        secret text NOT NULL,
        -- The time step of the last code that was accepted; no code of it or before it is accepted again.
        last_step bigint,
        created_at timestamptz NOT NULL DEFAULT now(),
        confirmed_at timestamptz,
        CHECK (confirmed_at IS NULL OR last_step IS NOT NULL)
      );

      -- WebAuthn credentials: security keys and devices, beside the authenticator app.
      CREATE TABLE staff_passkeys (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        staff_id uuid NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
        credential_id text NOT NULL UNIQUE,
        public_key bytea NOT NULL,
        -- As the device counts its uses; a count that goes back means a copy. Zero if it does not count.
        sign_count bigint NOT NULL DEFAULT 0,
        transports jsonb NOT NULL DEFAULT '[]',
        name text NOT NULL CHECK (name <> ''),
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz
      );
      CREATE INDEX staff_passkeys_staff ON staff_passkeys (staff_id);

      CREATE TABLE staff_recovery_codes (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        staff_id uuid NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
        -- SHA-256; the codes have 80 random bits.
        code_hash text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        used_at timestamptz,
        UNIQUE (staff_id, code_hash)
      );

      -- Single-use links by which a new member sets password and second factor, or sets them anew.
      CREATE TABLE staff_invitations (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        staff_id uuid NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
        token_hash text NOT NULL UNIQUE,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        used_at timestamptz
      );

      -- A sign-in. The cookie holds a random token whose SHA-256 this is.
      CREATE TABLE staff_sessions (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        staff_id uuid NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
        token_hash text NOT NULL UNIQUE,
        ip_address text,
        user_agent text,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_seen_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        -- When the second factor was last given; money decisions want it recent.
        stepped_up_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        ended_reason text CHECK (ended_reason IN ('signed_out', 'revoked', 'idle', 'disabled', 'role_changed', 'credentials_changed')),
        CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
      );
      CREATE INDEX staff_sessions_staff ON staff_sessions (staff_id, created_at);

      -- Flash messages and CSRF secrets of browsers at the console (@adonisjs/session).
      CREATE TABLE console_sessions (
        id text PRIMARY KEY,
        data text NOT NULL,
        expires_at timestamptz NOT NULL
      );
      CREATE INDEX console_sessions_expires ON console_sessions (expires_at);

      -- What staff and operators did. Written in the transaction of what it tells of. Ids, states and amounts
      -- only: words and names are kept apart, so that erasing a person's data does not break the chain.
      CREATE TABLE audit_log (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        -- An operator is somebody at the command line, who has no account here.
        actor_type text NOT NULL CHECK (actor_type IN ('staff', 'operator', 'system')),
        actor_id uuid REFERENCES staff (id),
        -- verb in the past tense: 'payout.held', 'dispute.decision_proposed'
        action text NOT NULL CHECK (action ~ '^[a-z_]+[.][a-z_]+$'),
        target_type text NOT NULL CHECK (target_type ~ '^[a-z_]+$'),
        target_id text NOT NULL,
        before jsonb NOT NULL DEFAULT '{}',
        after jsonb NOT NULL DEFAULT '{}',
        -- SHA-256 of salt and words in audit_words; without them it tells nothing.
        words_hash text,
        CHECK ((actor_type = 'staff') = (actor_id IS NOT NULL))
      );
      CREATE INDEX audit_log_target ON audit_log (target_type, target_id, id DESC);
      CREATE INDEX audit_log_actor ON audit_log (actor_id, id DESC);

      -- The words of a line: why, and who the operator was. They may be erased; the line stays.
      CREATE TABLE audit_words (
        audit_id uuid PRIMARY KEY REFERENCES audit_log (id),
        salt text NOT NULL,
        reason text NOT NULL DEFAULT '',
        operator text NOT NULL DEFAULT ''
      );

      -- The chain over the lines: each hash covers its line and the hash before. Written in batches by one job at
      -- a time, so that what is audited need not wait for one another.
      CREATE TABLE audit_chain (
        position bigint PRIMARY KEY CHECK (position > 0),
        audit_id uuid NOT NULL UNIQUE REFERENCES audit_log (id),
        hash text NOT NULL,
        sealed_at timestamptz NOT NULL DEFAULT now()
      );

      -- What came of computing the chain again. The last head that was right is what the next run expects to find.
      CREATE TABLE audit_verifications (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        ok boolean NOT NULL,
        position bigint NOT NULL,
        hash text NOT NULL,
        message text NOT NULL DEFAULT '',
        bad_position bigint
      );

      CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
      END $$;
      CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER audit_verifications_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_verifications
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER audit_chain_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

      -- What takes two people: one proposes, another approves, and that does it. What is approved is the hash
      -- of kind, subject, amount, payee, version and content, as the proposer left them.
      CREATE TABLE approvals (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        kind text NOT NULL CHECK (kind IN ('dispute_decision', 'debt_write_off', 'refund_paid_by_hand',
          'refund_adoption', 'correcting_entry', 'setting_change')),
        subject_type text NOT NULL,
        subject_id uuid NOT NULL,
        -- minor units of currency
        amount bigint NOT NULL CHECK (amount >= 0),
        currency char(3) NOT NULL,
        -- Who gets it: 'user:<id>', or an account of the ledger; of an amount of nothing, what is changed.
        payee text NOT NULL CHECK (payee <> ''),
        -- Of the subject when it was proposed; an approval of another version is refused.
        version bigint NOT NULL,
        content jsonb NOT NULL DEFAULT '{}',
        content_hash text NOT NULL,
        reason text NOT NULL CHECK (reason <> ''),
        status text NOT NULL DEFAULT 'proposed'
          CHECK (status IN ('proposed', 'approved', 'refused', 'withdrawn')),
        proposed_by uuid NOT NULL REFERENCES staff (id),
        proposed_at timestamptz NOT NULL DEFAULT now(),
        decided_by uuid REFERENCES staff (id),
        decided_at timestamptz,
        decision_reason text,
        -- The hash that the second person was shown.
        approved_hash text,
        CHECK ((status = 'proposed') = (decided_at IS NULL)),
        CHECK ((status IN ('approved', 'refused')) = (decided_by IS NOT NULL)),
        CONSTRAINT approvals_four_eyes CHECK (decided_by <> proposed_by),
        CONSTRAINT approvals_same_content
          CHECK ((status = 'approved') = (approved_hash IS NOT NULL) AND approved_hash = content_hash)
      );
      CREATE UNIQUE INDEX approvals_one_open ON approvals (kind, subject_id) WHERE status = 'proposed';
      CREATE INDEX approvals_open ON approvals (proposed_at) WHERE status = 'proposed';

      CREATE FUNCTION guard_approval() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.status <> 'proposed' THEN
            RAISE EXCEPTION 'an approval begins as proposed' USING ERRCODE = 'restrict_violation';
          END IF;
          NEW.content_hash := encode(sha256(convert_to(concat_ws(E'\\x1f', NEW.kind, NEW.subject_type,
            NEW.subject_id, NEW.amount, NEW.currency, NEW.payee, NEW.version, NEW.content), 'UTF8')), 'hex');
          RETURN NEW;
        END IF;
        IF TG_OP = 'DELETE' OR OLD.status <> 'proposed' OR (to_jsonb(NEW) - ARRAY['status', 'decided_by',
             'decided_at', 'decision_reason', 'approved_hash']) <> (to_jsonb(OLD) - ARRAY['status', 'decided_by',
             'decided_at', 'decision_reason', 'approved_hash']) THEN
          RAISE EXCEPTION 'an approval is decided once and never changed' USING ERRCODE = 'restrict_violation';
        END IF;
        IF EXISTS (SELECT FROM staff WHERE id = NEW.decided_by AND disabled_at IS NOT NULL) THEN
          RAISE EXCEPTION 'who approves must work here' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER approvals_guard BEFORE INSERT OR UPDATE OR DELETE ON approvals
        FOR EACH ROW EXECUTE FUNCTION guard_approval();
      CREATE TRIGGER approvals_kept BEFORE TRUNCATE ON approvals
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

      -- What takes two people refers to their approval, which is of this and nothing else.
      CREATE FUNCTION assert_approved(approval uuid, of_kind text, of_subject uuid, of_amount bigint,
        of_currency text) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM approvals a WHERE a.id = approval AND a.status = 'approved'
             AND (a.kind, a.subject_id, a.amount, a.currency) = (of_kind, of_subject, of_amount, of_currency)) THEN
          RAISE EXCEPTION 'No second person has approved this %', of_kind USING ERRCODE = 'restrict_violation';
        END IF;
      END $$;

      -- Rows from before it took two people have none.
      ALTER TABLE debt_write_offs ADD COLUMN approval_id uuid UNIQUE REFERENCES approvals (id),
        ADD CONSTRAINT debt_write_offs_four_eyes CHECK (approval_id IS NOT NULL) NOT VALID;
      ALTER TABLE refunds_paid_by_hand ADD COLUMN approval_id uuid UNIQUE REFERENCES approvals (id),
        ADD CONSTRAINT refunds_paid_by_hand_four_eyes CHECK (approval_id IS NOT NULL) NOT VALID;

      -- A refund that somebody made at the provider, taken for one of ours.
      CREATE TABLE refund_adoptions (
        transaction_id uuid PRIMARY KEY REFERENCES transactions (id),
        approval_id uuid NOT NULL UNIQUE REFERENCES approvals (id),
        created_at timestamptz NOT NULL DEFAULT now()
      );

      CREATE FUNCTION guard_two_people() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        refund transactions;
      BEGIN
        IF TG_OP <> 'INSERT' THEN
          RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END IF;
        IF TG_TABLE_NAME = 'debt_write_offs' THEN
          PERFORM assert_approved(NEW.approval_id, 'debt_write_off', NEW.chargeback_id, NEW.amount, NEW.currency);
          RETURN NEW;
        END IF;
        SELECT * INTO refund FROM transactions t WHERE t.id = NEW.transaction_id AND t.transaction_type = 'refund';
        IF TG_TABLE_NAME = 'refunds_paid_by_hand' THEN
          PERFORM assert_approved(NEW.approval_id, 'refund_paid_by_hand',
            coalesce(refund.continues_id, refund.id), refund.amount, refund.currency);
        ELSE
          PERFORM assert_approved(NEW.approval_id, 'refund_adoption', refund.milestone_id, refund.amount, refund.currency);
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER two_people BEFORE INSERT OR UPDATE OR DELETE ON debt_write_offs
        FOR EACH ROW EXECUTE FUNCTION guard_two_people();
      CREATE TRIGGER two_people BEFORE INSERT OR UPDATE OR DELETE ON refunds_paid_by_hand
        FOR EACH ROW EXECUTE FUNCTION guard_two_people();
      CREATE TRIGGER two_people BEFORE INSERT OR UPDATE OR DELETE ON refund_adoptions
        FOR EACH ROW EXECUTE FUNCTION guard_two_people();

      -- What went back past us is explained by adoptions only.
      CREATE FUNCTION guard_refunded_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (
          SELECT FROM refund_adoptions r JOIN transactions t ON t.id = r.transaction_id
            WHERE t.deposit_id = NEW.transaction_id AND r.created_at = now()
              AND t.amount = OLD.refunded_elsewhere - NEW.refunded_elsewhere) THEN
          RAISE EXCEPTION 'No second person has approved to adopt this refund' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER two_people BEFORE UPDATE ON deposits FOR EACH ROW
        WHEN (NEW.refunded_elsewhere < OLD.refunded_elsewhere) EXECUTE FUNCTION guard_refunded_elsewhere();

      -- Entries that take two people have the row that says who they were; a correction is, posting by
      -- posting, what was approved.
      CREATE FUNCTION guard_entry_by_hand() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.kind = 'debt_written_off' AND EXISTS (
             SELECT FROM debt_write_offs w WHERE w.id::text = split_part(NEW.reference, ':', 2)) THEN
          RETURN NEW;
        END IF;
        IF NEW.kind = 'refund_paid_by_hand' AND EXISTS (
             SELECT FROM refunds_paid_by_hand h WHERE h.transaction_id = NEW.transaction_id) THEN
          RETURN NEW;
        END IF;
        IF NEW.kind = 'correction' AND NEW.content_hash = (
             SELECT ledger_content_hash('correction', NULL, NULL, NULL, NULL, (
               SELECT jsonb_agg(jsonb_build_array(p.account, a.currency, p.direction, p.amount)
                   ORDER BY p.account COLLATE "C", p.direction COLLATE "C", p.amount)
                 FROM jsonb_to_recordset(a.content -> 'postings') AS p (account text, direction text, amount bigint)))
               FROM approvals a
               WHERE NEW.reference = 'correction:' || a.id || coalesce(':' || (a.content ->> 'explains'), '') AND a.kind = 'correcting_entry' AND a.status = 'approved') THEN
          RETURN NEW;
        END IF;
        RAISE EXCEPTION 'No second person has approved the entry %', NEW.reference USING ERRCODE = 'restrict_violation';
      END $$;
      CREATE TRIGGER two_people BEFORE INSERT ON journal_entries FOR EACH ROW
        WHEN (NEW.kind IN ('debt_written_off', 'refund_paid_by_hand', 'correction'))
        EXECUTE FUNCTION guard_entry_by_hand();
    `)
  }

  async down() {
    this.schema.raw(`
      DROP TRIGGER two_people ON journal_entries;
      DROP TRIGGER two_people ON deposits;
      DROP TRIGGER two_people ON refunds_paid_by_hand;
      DROP TRIGGER two_people ON debt_write_offs;
      ALTER TABLE refunds_paid_by_hand DROP COLUMN approval_id;
      ALTER TABLE debt_write_offs DROP COLUMN approval_id;
    `)
    for (const table of [
      'refund_adoptions',
      'approvals',
      'audit_verifications',
      'audit_chain',
      'audit_words',
      'audit_log',
      'console_sessions',
      'staff_sessions',
      'staff_invitations',
      'staff_recovery_codes',
      'staff_passkeys',
      'staff_authenticators',
      'staff_attempts',
      'staff',
    ]) {
      this.schema.dropTable(table)
    }
    this.schema
      .raw(`DROP FUNCTION guard_entry_by_hand(), guard_refunded_elsewhere(), guard_two_people(),
      assert_approved(uuid, text, uuid, bigint, text), guard_approval(), refuse_change()`)
  }
}
