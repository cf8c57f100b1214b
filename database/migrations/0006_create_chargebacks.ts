import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- One row per dispute of a payment at its provider, also for inquiries, which move no money. What it
      -- moved is in the ledger: chargeback_receivable:<id>.
      CREATE TABLE chargebacks (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        rail text NOT NULL CHECK (rail IN ('stripe', 'paypal')),
        provider_dispute_id text NOT NULL CHECK (provider_dispute_id <> ''),
        deposit_id uuid NOT NULL REFERENCES transactions (id),
        -- What the payer claims, minor units; may exceed the charge, and be in a currency of its own.
        amount bigint NOT NULL CHECK (amount >= 0),
        currency char(3) NOT NULL,
        state text NOT NULL
          CHECK (state IN ('inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed')),
        -- The provider's own word.
        provider_status text NOT NULL,
        reason text NOT NULL DEFAULT '',
        evidence_due_by timestamptz,
        -- What we send, kept as it was compiled first: a repetition under the same key must say the same.
        evidence jsonb,
        evidence_attempt integer NOT NULL DEFAULT 1,
        -- The provider may have heard of this attempt since.
        evidence_sent_at timestamptz,
        evidence_submitted_at timestamptz,
        evidence_failure text NOT NULL DEFAULT '',
        -- When staff were told that there is nothing that would speak for us.
        evidence_missing_at timestamptz,
        opened_at timestamptz NOT NULL,
        -- Decided, and what it took has come back or found its bearer. Until then it freezes its deposit.
        closed_at timestamptz,
        -- When the provider's answer that is recorded here was asked for. An earlier one may be older.
        observed_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (rail, provider_dispute_id),
        CHECK (closed_at IS NULL OR state IN ('won', 'lost', 'closed'))
      );
      CREATE INDEX chargebacks_deposit ON chargebacks (deposit_id);
      CREATE INDEX chargebacks_open ON chargebacks (evidence_due_by) WHERE closed_at IS NULL;

      -- Taking back a payout from its freelancer's balance at the provider, to settle a debt. What came
      -- back is in the ledger as a returned payout; this is the intent and its outcome.
      CREATE TABLE claw_backs (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        chargeback_id uuid NOT NULL REFERENCES chargebacks (id),
        payout_id uuid NOT NULL REFERENCES payouts (transaction_id),
        amount bigint NOT NULL CHECK (amount > 0),
        currency char(3) NOT NULL,
        state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'succeeded', 'failed')),
        requested_by text NOT NULL CHECK (requested_by <> ''),
        sent_at timestamptz,
        failure_code text NOT NULL DEFAULT '',
        failure_message text NOT NULL DEFAULT '',
        created_at timestamptz NOT NULL DEFAULT now(),
        settled_at timestamptz,
        CHECK ((state = 'pending') = (settled_at IS NULL))
      );
      CREATE UNIQUE INDEX claw_backs_one_pending ON claw_backs (payout_id) WHERE state = 'pending';
      CREATE INDEX claw_backs_chargeback ON claw_backs (chargeback_id);

      -- A debt that we gave up: who decided it, and why.
      CREATE TABLE debt_write_offs (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        chargeback_id uuid NOT NULL REFERENCES chargebacks (id),
        amount bigint NOT NULL CHECK (amount > 0),
        currency char(3) NOT NULL,
        reason text NOT NULL CHECK (reason <> ''),
        written_off_by text NOT NULL CHECK (written_off_by <> ''),
        -- What makes it happen once.
        reference text NOT NULL UNIQUE CHECK (reference <> ''),
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX debt_write_offs_chargeback ON debt_write_offs (chargeback_id);

      -- A person has found that there is no dispute of a charge that its provider calls disputed.
      ALTER TABLE deposits
        ADD COLUMN dispute_cleared_at timestamptz,
        ADD COLUMN dispute_cleared_by text NOT NULL DEFAULT '',
        ADD COLUMN dispute_clear_reason text NOT NULL DEFAULT '',
        ADD CHECK (dispute_cleared_at IS NULL OR dispute_cleared_by <> '' AND dispute_clear_reason <> '');

      -- The part of a release's net that its freelancer owed us, minor units. The rest is paid out.
      ALTER TABLE releases
        ADD COLUMN debt_offset bigint NOT NULL DEFAULT 0,
        ADD CHECK (debt_offset BETWEEN 0 AND net);

      -- A payout pays a release; or, when a lost chargeback is won after all, gives back what was recovered;
      -- or sends once more what came back of an earlier one.
      -- cancelled: all of it was set off against a debt before it was sent.
      ALTER TABLE payouts
        ALTER COLUMN release_id DROP NOT NULL,
        ADD COLUMN chargeback_id uuid REFERENCES chargebacks (id),
        ADD COLUMN repays_id uuid REFERENCES payouts (transaction_id),
        ADD CHECK (num_nonnulls(release_id, chargeback_id, repays_id) = 1),
        DROP CONSTRAINT payouts_state_check,
        ADD CONSTRAINT payouts_state_check
          CHECK (state IN ('waiting', 'in_transit', 'paid', 'failed', 'returned', 'cancelled'));
      CREATE INDEX payouts_repays ON payouts (repays_id) WHERE repays_id IS NOT NULL;
      CREATE INDEX payouts_chargeback ON payouts (chargeback_id) WHERE chargeback_id IS NOT NULL;
    `)
  }

  async down() {
    this.schema.raw(`
      ALTER TABLE payouts DROP COLUMN repays_id, DROP COLUMN chargeback_id;
      ALTER TABLE releases DROP COLUMN debt_offset;
      ALTER TABLE deposits
        DROP COLUMN dispute_cleared_at, DROP COLUMN dispute_cleared_by, DROP COLUMN dispute_clear_reason;
      DROP TABLE debt_write_offs, claw_backs, chargebacks;
    `)
  }
}
