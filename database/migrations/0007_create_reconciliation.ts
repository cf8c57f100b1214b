import { BaseSchema } from '@adonisjs/lucid/schema'

/**
 * What came of comparing our books with the providers'. The provider's rows themselves are not kept:
 * a run reads them into a temporary table of its own connection, which is gone with it.
 *
 * What a run said is never changed: neither the run when it is over, nor what it found, nor who
 * acknowledged that and why. A break only ever learns which run saw it last, and which one no longer.
 */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      CREATE TABLE reconciliation_runs (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        rail text NOT NULL CHECK (rail IN ('stripe', 'paypal')),
        -- Both ends belong to it.
        period_from timestamptz NOT NULL,
        period_to timestamptz NOT NULL,
        -- The moment that counts as now for what is in flight and what has aged.
        as_of timestamptz NOT NULL,
        status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'finished', 'failed')),
        -- Within the period: what the provider listed, entries of ours on clearing, and movements that
        -- both have and agree on.
        provider_rows bigint NOT NULL DEFAULT 0,
        ledger_entries bigint NOT NULL DEFAULT 0,
        matched bigint NOT NULL DEFAULT 0,
        -- Of what it found: all, and those that no run before had found.
        breaks bigint NOT NULL DEFAULT 0,
        new_breaks bigint NOT NULL DEFAULT 0,
        resolved_breaks bigint NOT NULL DEFAULT 0,
        error text NOT NULL DEFAULT '',
        started_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        CHECK (period_from <= period_to),
        CHECK ((status = 'running') = (finished_at IS NULL))
      );
      CREATE INDEX reconciliation_runs_rail ON reconciliation_runs (rail, id DESC);
      CREATE UNIQUE INDEX reconciliation_runs_one_running ON reconciliation_runs (rail) WHERE status = 'running';

      -- A run's sums, minor units, signed as the provider signs them: money into our balance is positive.
      CREATE TABLE reconciliation_totals (
        run_id uuid NOT NULL REFERENCES reconciliation_runs (id),
        currency text NOT NULL,
        -- What moved within the period: provider - ledger = breaks + in_flight + timing + remainder
        provider_moved bigint NOT NULL,
        ledger_moved bigint NOT NULL,
        moved_breaks bigint NOT NULL,
        -- On one side only, too young to be a break.
        moved_in_flight bigint NOT NULL,
        -- On both sides, on different sides of the period's edge.
        moved_timing bigint NOT NULL,
        moved_remainder bigint NOT NULL,
        -- What is there at as_of: provider - clearing = breaks + in_flight + remainder. Empty for a
        -- period that ended too long ago to say.
        provider_balance bigint,
        clearing_balance bigint,
        balance_breaks bigint,
        balance_in_flight bigint,
        balance_remainder bigint,
        -- How large a remainder may be, because what is in flight may count on either side.
        balance_uncertain bigint,
        PRIMARY KEY (run_id, currency)
      );

      -- One difference, however many runs see it: the open one of its fingerprint.
      CREATE TABLE reconciliation_breaks (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        rail text NOT NULL CHECK (rail IN ('stripe', 'paypal')),
        kind text NOT NULL CHECK (kind IN ('missing_in_ledger', 'missing_at_provider', 'amount', 'currency', 'fee',
          'status', 'duplicate', 'aged_in_transit', 'unknown_account', 'unexplained_remainder')),
        -- movement: of its moment; a run whose period has that moment sees whether it is still there.
        -- standing: every run does. balance: those that compare balances.
        scope text NOT NULL CHECK (scope IN ('movement', 'standing', 'balance')),
        -- Kind, subject, currency and difference: another difference is another break.
        fingerprint text NOT NULL,
        -- The movement that it is about: its kind and the provider's name of it.
        subject text NOT NULL,
        currency text NOT NULL,
        -- Minor units, provider less ledger.
        difference bigint NOT NULL,
        -- The ledger's side of a break that is about two currencies, as it counts in the difference.
        ledger_currency text,
        ledger_difference bigint,
        -- What is at stake: minor units of the currency, never negative.
        amount bigint NOT NULL CHECK (amount >= 0),
        -- What both sides say, for the person who looks into it.
        details jsonb NOT NULL DEFAULT '{}',
        transaction_id uuid REFERENCES transactions (id),
        -- Of a remainder between two sums, the beginning of their period.
        happened_at timestamptz NOT NULL,
        opened_at timestamptz NOT NULL DEFAULT now(),
        opened_by uuid NOT NULL REFERENCES reconciliation_runs (id),
        last_seen_by uuid NOT NULL REFERENCES reconciliation_runs (id),
        resolved_at timestamptz,
        resolved_by uuid REFERENCES reconciliation_runs (id),
        CHECK ((resolved_at IS NULL) = (resolved_by IS NULL))
      );
      CREATE UNIQUE INDEX reconciliation_breaks_one_open ON reconciliation_breaks (rail, fingerprint)
        WHERE resolved_at IS NULL;

      -- What a run found, new or not.
      CREATE TABLE reconciliation_findings (
        run_id uuid NOT NULL REFERENCES reconciliation_runs (id),
        break_id uuid NOT NULL REFERENCES reconciliation_breaks (id),
        PRIMARY KEY (run_id, break_id)
      );
      CREATE INDEX reconciliation_findings_break ON reconciliation_findings (break_id);

      -- Who took a break upon themselves, when and why. From the first one on it blocks nothing.
      CREATE TABLE reconciliation_acknowledgements (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        break_id uuid NOT NULL REFERENCES reconciliation_breaks (id),
        acknowledged_by text NOT NULL CHECK (acknowledged_by <> ''),
        reason text NOT NULL CHECK (reason <> ''),
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX reconciliation_acknowledgements_break ON reconciliation_acknowledgements (break_id);

      -- Runs read the journal by time. Entries are written about in that order, so this costs next to
      -- nothing to keep.
      CREATE INDEX journal_entries_event_at ON journal_entries USING brin (event_at);
      -- Entries that people wrote: a run looks at all of them, whenever they were written.
      CREATE INDEX journal_entries_by_hand ON journal_entries (id) WHERE transaction_id IS NULL;
      CREATE INDEX transactions_provider_source ON transactions (rail, provider_source_id)
        WHERE provider_source_id <> '';

      CREATE FUNCTION reconciliation_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% on %: what a reconciliation found is not changed afterwards', TG_OP, TG_TABLE_NAME;
      END $$;
      CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reconciliation_totals
        FOR EACH STATEMENT EXECUTE FUNCTION reconciliation_append_only();
      CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reconciliation_findings
        FOR EACH STATEMENT EXECUTE FUNCTION reconciliation_append_only();
      CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reconciliation_acknowledgements
        FOR EACH STATEMENT EXECUTE FUNCTION reconciliation_append_only();
      CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON reconciliation_breaks
        FOR EACH STATEMENT EXECUTE FUNCTION reconciliation_append_only();
      CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON reconciliation_runs
        FOR EACH STATEMENT EXECUTE FUNCTION reconciliation_append_only();
      CREATE TRIGGER over_is_over BEFORE UPDATE ON reconciliation_runs
        FOR EACH ROW WHEN (OLD.status <> 'running') EXECUTE FUNCTION reconciliation_append_only();
      -- What it says stays; it may be seen again, and be resolved once.
      CREATE TRIGGER says_the_same BEFORE UPDATE ON reconciliation_breaks
        FOR EACH ROW WHEN (
          (to_jsonb(OLD) - '{last_seen_by,resolved_at,resolved_by}'::text[])
            <> (to_jsonb(NEW) - '{last_seen_by,resolved_at,resolved_by}'::text[])
          OR OLD.resolved_at IS NOT NULL
        ) EXECUTE FUNCTION reconciliation_append_only();

      -- Nothing is added to a run that is over.
      CREATE FUNCTION reconciliation_still_running() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM added a JOIN reconciliation_runs r ON r.id = a.run_id WHERE r.status <> 'running') THEN
          RAISE EXCEPTION 'INSERT on %: the reconciliation run is over', TG_TABLE_NAME;
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER still_running AFTER INSERT ON reconciliation_totals REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION reconciliation_still_running();
      CREATE TRIGGER still_running AFTER INSERT ON reconciliation_findings REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION reconciliation_still_running();
    `)
  }

  async down() {
    this.schema.raw(`
      DROP INDEX transactions_provider_source, journal_entries_by_hand, journal_entries_event_at;
      DROP TABLE reconciliation_acknowledgements, reconciliation_findings, reconciliation_breaks,
        reconciliation_totals, reconciliation_runs;
      DROP FUNCTION reconciliation_append_only(), reconciliation_still_running();
    `)
  }
}
