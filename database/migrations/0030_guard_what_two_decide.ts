import { BaseSchema } from '@adonisjs/lucid/schema'

/** Tables that guards read or protect; emptying one must not be a way around. */
const KEPT = [
  'audit_words',
  'debt_write_offs',
  'deposits',
  'dispute_offers',
  'disputes',
  'refund_adoptions',
  'refunds_paid_by_hand',
  'staff_invitations',
  'transactions',
]

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- Whether it was proposed at the console or at the command line, where nobody proves who they are.
      ALTER TABLE approvals ADD COLUMN via text NOT NULL DEFAULT 'console'
        CHECK (via IN ('console', 'command_line'));

      -- Who may propose and who may approve: the table of app/staff/roles.ts, which a test compares with this.
      CREATE FUNCTION approval_roles(of_kind text, step text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE of_kind || ' ' || step
          WHEN 'dispute_decision propose' THEN ARRAY['support', 'admin']
          WHEN 'dispute_decision approve' THEN ARRAY['support', 'finance', 'admin']
          WHEN 'setting_change propose' THEN ARRAY['admin']
          ELSE ARRAY['finance', 'admin']
        END
      $$;

      CREATE FUNCTION guard_approval_roles() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM staff s WHERE s.disabled_at IS NULL AND CASE TG_OP
             WHEN 'INSERT' THEN s.id = NEW.proposed_by AND s.role = ANY (approval_roles(NEW.kind, 'propose'))
             ELSE s.id = NEW.decided_by AND s.role = ANY (approval_roles(NEW.kind, 'approve')) END) THEN
          RAISE EXCEPTION 'their role may not decide a %', NEW.kind USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER approvals_proposer BEFORE INSERT ON approvals
        FOR EACH ROW EXECUTE FUNCTION guard_approval_roles();
      CREATE TRIGGER approvals_role BEFORE UPDATE ON approvals
        FOR EACH ROW WHEN (NEW.decided_by IS NOT NULL) EXECUTE FUNCTION guard_approval_roles();

      -- The lines of an entry as they are stored, in the order in which they are hashed.
      CREATE FUNCTION posted_lines(entry bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
        SELECT jsonb_agg(jsonb_build_array(a.name, p.currency, p.direction, p.amount)
            ORDER BY a.name COLLATE "C", p.currency COLLATE "C", p.direction COLLATE "C", p.amount)
          FROM postings p JOIN ledger_accounts a ON a.id = p.account_id WHERE p.entry_id = entry
      $$;

      -- Entries that take two people are to the letter what was approved, once: reference, subject, accounts
      -- and amount. It looks at what was posted, so it comes after.
      CREATE FUNCTION guard_posted_by_hand() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        lines jsonb := posted_lines(NEW.id);
        about uuid[] := ARRAY[NEW.transaction_id, NEW.milestone_id, NEW.deposit_id];
        posted bigint := (lines -> 0 ->> 3)::bigint;
        fits boolean;
      BEGIN
        fits := NEW.reverses IS NULL AND CASE NEW.kind
          WHEN 'debt_written_off' THEN EXISTS (
            SELECT FROM debt_write_offs w
              JOIN approvals a ON a.id = w.approval_id AND a.status = 'approved'
              JOIN chargebacks c ON c.id = w.chargeback_id
              WHERE about = ARRAY[NULL, NULL, c.deposit_id]
                -- Where a loss is booked anew because its amount has changed, what was forgiven of it stays so,
                -- at most.
                AND (NEW.reference = 'debt_written_off:' || w.id AND posted = a.amount
                  OR NEW.reference LIKE 'debt_written_off:' || w.id || ':%' AND posted <= a.amount AND EXISTS (
                    SELECT FROM journal_entries l WHERE l.kind = 'chargeback_lost'
                      AND l.reference = 'chargeback_lost:' || c.id || ':' || split_part(NEW.reference, ':', 3)))
                AND lines = jsonb_build_array(
                  jsonb_build_array('chargeback_loss', a.currency, 'debit', posted),
                  jsonb_build_array('freelancer_receivable:' || substr(a.payee, 6), a.currency, 'credit', posted)))
          WHEN 'refund_paid_by_hand' THEN EXISTS (
            SELECT FROM refunds_paid_by_hand h
              JOIN approvals a ON a.id = h.approval_id AND a.status = 'approved'
              JOIN transactions t ON t.id = h.transaction_id
              WHERE t.id = NEW.transaction_id AND about = ARRAY[t.id, t.milestone_id, t.deposit_id]
                AND NEW.reference = 'refund_paid_by_hand:' || t.id || coalesce((SELECT ':' || nullif(count(*), 0)
                  FROM journal_entries f WHERE f.transaction_id = t.id AND f.kind = 'refund_failed'), '')
                AND NOT EXISTS (SELECT FROM journal_entries e WHERE e.transaction_id = t.id AND e.kind = NEW.kind
                  AND e.id <> NEW.id)
                AND lines = jsonb_build_array(
                  jsonb_build_array('bank', a.currency, 'credit', a.amount),
                  jsonb_build_array('refund_payable:' || substr(a.payee, 6), a.currency, 'debit', a.amount)))
          WHEN 'correction' THEN EXISTS (
            SELECT FROM approvals a WHERE a.kind = 'correcting_entry' AND a.status = 'approved'
              AND NEW.reference = 'correction:' || a.id || coalesce(':' || (a.content ->> 'explains'), '')
              AND about = ARRAY[NULL, NULL, NULL]::uuid[]
              AND lines = (SELECT jsonb_agg(jsonb_build_array(p.account, a.currency, p.direction, p.amount)
                  ORDER BY p.account COLLATE "C", p.direction COLLATE "C", p.amount)
                FROM jsonb_to_recordset(a.content -> 'postings') AS p (account text, direction text, amount bigint)))
        END;
        IF fits IS NOT TRUE THEN
          RAISE EXCEPTION 'No second person has approved the entry %', NEW.reference
            USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NULL;
      END $$;
      DROP TRIGGER two_people ON journal_entries;
      CREATE TRIGGER two_people AFTER INSERT ON journal_entries FOR EACH ROW
        WHEN (NEW.kind IN ('debt_written_off', 'refund_paid_by_hand', 'correction'))
        EXECUTE FUNCTION guard_posted_by_hand();

      -- What is disputed stays where it is until the dispute is over, whatever an entry calls itself. Only the
      -- payer's bank takes it, or what it is found to have been refunded already, which two people adopt.
      CREATE FUNCTION guard_disputed_escrow() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (
          SELECT FROM postings p
            JOIN ledger_accounts a ON a.id = p.account_id AND a.kind = 'escrow'
            JOIN disputes d ON d.milestone_id = CASE
              WHEN split_part(a.name, ':', 2) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
              THEN split_part(a.name, ':', 2)::uuid END
            WHERE p.entry_id = NEW.id AND p.direction = 'debit'
              AND d.status IN ('open', 'negotiating', 'escalated', 'decided')
              AND NOT (NEW.kind = 'refund_started' AND EXISTS (
                SELECT FROM refund_adoptions r JOIN approvals b ON b.id = r.approval_id
                  WHERE r.transaction_id = NEW.transaction_id AND b.subject_id = d.milestone_id
                    AND b.amount = p.amount))) THEN
          RAISE EXCEPTION 'the entry % takes what is disputed', NEW.reference USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER disputed_stays AFTER INSERT ON journal_entries FOR EACH ROW
        WHEN (NEW.kind <> 'chargeback_lost') EXECUTE FUNCTION guard_disputed_escrow();

      -- As long as something is held, only who opened a dispute withdraws it, and nobody once it is decided;
      -- it is undecided again only when its proposal is gone.
      CREATE FUNCTION guard_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM ledger_accounts a WHERE a.name = 'escrow:' || OLD.milestone_id AND a.balance > 0)
           AND (NEW.status = 'withdrawn' AND (OLD.status = 'decided' OR NEW.withdrawn_by IS DISTINCT FROM OLD.opened_by)
             OR OLD.status = 'decided' AND NEW.status <> 'settled' AND EXISTS (SELECT FROM approvals a
               WHERE a.kind = 'dispute_decision' AND a.subject_id = OLD.id AND a.status = 'proposed')) THEN
          RAISE EXCEPTION 'this dispute waits, and its money is held' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER disputes_guard_withdrawal BEFORE UPDATE ON disputes
        FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION guard_withdrawal();
      -- By row: a draft that is deleted asks for those of its milestones, and has none.
      CREATE TRIGGER disputes_not_deleted BEFORE DELETE ON disputes
        FOR EACH ROW EXECUTE FUNCTION refuse_change();

      -- Words may be erased, but not without a line that says who did it, and why.
      CREATE FUNCTION guard_words() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'DELETE' AND words_erased(OLD.audit_id) THEN
          RETURN OLD;
        END IF;
        RAISE EXCEPTION 'words of the audit log are erased together with a line that says so, and never changed'
          USING ERRCODE = 'restrict_violation';
      END $$;
      CREATE FUNCTION words_erased(line uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT EXISTS (SELECT FROM audit_log l WHERE l.target_type = 'audit_line' AND l.target_id = line::text
          AND l.action = 'audit.words_erased')
      $$;
      CREATE TRIGGER audit_words_guard BEFORE UPDATE OR DELETE ON audit_words
        FOR EACH ROW EXECUTE FUNCTION guard_words();
    `)
    for (const table of KEPT) {
      this.schema.raw(`
        CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
      `)
    }
  }

  async down() {
    for (const table of KEPT) this.schema.raw(`DROP TRIGGER never_emptied ON ${table}`)
    this.schema.raw(`
      DROP TRIGGER audit_words_guard ON audit_words;
      DROP TRIGGER disputes_not_deleted ON disputes;
      DROP TRIGGER disputes_guard_withdrawal ON disputes;
      DROP TRIGGER disputed_stays ON journal_entries;
      DROP TRIGGER two_people ON journal_entries;
      DROP TRIGGER approvals_role ON approvals;
      DROP TRIGGER approvals_proposer ON approvals;
      DROP FUNCTION guard_words(), words_erased(uuid), guard_withdrawal(), guard_disputed_escrow(),
        guard_posted_by_hand(), posted_lines(bigint), guard_approval_roles(), approval_roles(text, text);
      ALTER TABLE approvals DROP COLUMN via;
      CREATE TRIGGER two_people BEFORE INSERT ON journal_entries FOR EACH ROW
        WHEN (NEW.kind IN ('debt_written_off', 'refund_paid_by_hand', 'correction'))
        EXECUTE FUNCTION guard_entry_by_hand();
    `)
  }
}
