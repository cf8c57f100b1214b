import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- What a project's money hangs on. Its totals are not here: they are read from the ledger.
      CREATE TABLE escrow_accounts (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        project_id uuid NOT NULL UNIQUE REFERENCES projects (id),
        currency char(3) NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );

      -- One row per intent to move money, written before any provider hears of it.
      CREATE TABLE transactions (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        -- Empty for treasury transactions, which belong to no project.
        escrow_account_id uuid REFERENCES escrow_accounts (id),
        -- Empty for a deposit for several milestones; see deposit_allocations.
        milestone_id uuid REFERENCES milestones (id),
        -- Who pays in, or who is paid.
        user_id uuid REFERENCES users (id),
        transaction_type text NOT NULL CHECK (transaction_type IN
          ('deposit', 'release', 'refund', 'fee', 'payout', 'chargeback', 'treasury')),
        payment_provider text NOT NULL CHECK (payment_provider IN ('stripe', 'paypal', 'venmo')),
        rail text NOT NULL CHECK (rail IN ('stripe', 'paypal')),
        provider_transaction_id text NOT NULL DEFAULT '',
        -- What the provider's balance transactions call it, where that is another name.
        provider_source_id text NOT NULL DEFAULT '',
        status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'completed', 'failed')),
        amount bigint NOT NULL CHECK (amount > 0),
        currency char(3) NOT NULL,
        -- Release, fee, refund and payout rows draw on this deposit.
        deposit_id uuid REFERENCES transactions (id),
        -- The provider key is made of the id and this number. It grows only after a definite failure or
        -- conclusive absence, never while an outcome is unknown.
        attempt integer NOT NULL DEFAULT 1,
        -- The intent was sent (phase 2 was begun) at; without it the provider cannot know of it.
        sent_at timestamptz,
        -- The provider only replays an error under this attempt's key: sending again is of no use, and
        -- look-ups decide.
        key_spent boolean NOT NULL DEFAULT false,
        -- Look-ups by our own metadata that found nothing, for the current attempt.
        absent_lookups integer NOT NULL DEFAULT 0,
        last_lookup_at timestamptz,
        -- Requests that are on their way to the provider now, under whichever key, and when the last of them
        -- was sent. One whose process died counts until it must have ended.
        sends_open integer NOT NULL DEFAULT 0 CHECK (sends_open >= 0),
        last_send_at timestamptz,
        -- When the schedule last tried to settle it; who waited longest comes first.
        settle_tried_at timestamptz,
        failure_code text NOT NULL DEFAULT '',
        failure_message text NOT NULL DEFAULT '',
        -- Why it has not been sent yet, in words for people: no account, hold period, balance short.
        wait_reason text NOT NULL DEFAULT '',
        created_at timestamptz NOT NULL DEFAULT now(),
        completed_at timestamptz,
        CHECK (transaction_type = 'treasury' OR escrow_account_id IS NOT NULL)
      );
      CREATE INDEX transactions_escrow_account ON transactions (escrow_account_id, id DESC);
      CREATE INDEX transactions_milestone ON transactions (milestone_id);
      CREATE INDEX transactions_user ON transactions (user_id, id DESC);
      CREATE INDEX transactions_deposit ON transactions (deposit_id);
      CREATE INDEX transactions_pending ON transactions (created_at) WHERE status = 'pending';
      -- What the provider calls it is ours once only: a second row for it would be a second booking.
      CREATE UNIQUE INDEX transactions_provider_id
        ON transactions (rail, transaction_type, provider_transaction_id)
        WHERE provider_transaction_id <> '';

      CREATE TABLE deposits (
        transaction_id uuid PRIMARY KEY REFERENCES transactions (id),
        method text NOT NULL CHECK (method IN ('payment_element', 'checkout')),
        return_url text,
        -- live: may still be paid. cancelling: the provider was asked to cancel, its answer is open.
        -- applied: it funds its milestones. unapplied: its money came for something no longer there.
        -- frozen: the provider's record contradicts ours, a person must look. closed: cancelled or failed.
        state text NOT NULL DEFAULT 'live'
          CHECK (state IN ('live', 'cancelling', 'applied', 'unapplied', 'frozen', 'closed')),
        -- What refunds and payouts refer to at the provider.
        charge_id text NOT NULL DEFAULT '',
        -- We began to take what the payer approved, and its outcome may be open.
        capture_sent_at timestamptz,
        -- The payer's bank has taken the payment into dispute: its milestones are frozen from then on.
        charge_disputed_at timestamptz,
        -- Minor units that went back to the payer, but by no refund of ours: somebody refunded at the
        -- provider. What the deposit funds is frozen until a person has said whose it was.
        refunded_elsewhere bigint NOT NULL DEFAULT 0 CHECK (refunded_elsewhere >= 0),
        -- Minor units, once final. The deposit completes without it.
        provider_fee bigint CHECK (provider_fee >= 0),
        expires_at timestamptz NOT NULL,
        -- The rail's limits: beyond the first it refuses a refund, beyond the second it may not be held.
        refundable_until timestamptz,
        hold_until timestamptz
      );
      -- One charge is one deposit: a second row for it would be a second booking of the same money.
      CREATE UNIQUE INDEX deposits_charge ON deposits (charge_id) WHERE charge_id <> '';

      CREATE TABLE deposit_allocations (
        transaction_id uuid NOT NULL REFERENCES deposits (transaction_id),
        milestone_id uuid NOT NULL REFERENCES milestones (id),
        amount bigint NOT NULL CHECK (amount > 0),
        -- True while this deposit may come to fund, or funds, the milestone.
        live boolean NOT NULL DEFAULT true,
        PRIMARY KEY (transaction_id, milestone_id)
      );
      CREATE UNIQUE INDEX deposit_allocations_one_live ON deposit_allocations (milestone_id) WHERE live;

      CREATE TABLE releases (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        milestone_id uuid NOT NULL REFERENCES milestones (id),
        transaction_id uuid NOT NULL UNIQUE REFERENCES transactions (id),
        fee_transaction_id uuid UNIQUE REFERENCES transactions (id),
        deposit_id uuid NOT NULL REFERENCES transactions (id),
        kind text NOT NULL CHECK (kind IN ('approval', 'early', 'inspection_elapsed', 'resolution')),
        -- amount = fee + net, minor units
        amount bigint NOT NULL CHECK (amount > 0),
        fee bigint NOT NULL CHECK (fee >= 0),
        net bigint NOT NULL CHECK (net >= 0),
        currency char(3) NOT NULL,
        released_by uuid REFERENCES users (id),
        created_at timestamptz NOT NULL DEFAULT now(),
        CHECK (amount = fee + net)
      );
      CREATE INDEX releases_milestone ON releases (milestone_id);

      CREATE TABLE payout_accounts (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        user_id uuid NOT NULL REFERENCES users (id),
        payment_provider text NOT NULL CHECK (payment_provider IN ('stripe', 'paypal', 'venmo')),
        -- Stripe: acct_...; PayPal: e-mail; Venmo: phone or e-mail. Empty until the provider made it.
        destination text NOT NULL DEFAULT '',
        country char(2) NOT NULL DEFAULT 'US',
        -- pending: onboarding not finished. enabled: can be paid. restricted: the provider wants more.
        status text NOT NULL DEFAULT 'pending'
          CHECK (status IN ('pending', 'enabled', 'restricted', 'disabled')),
        requirements jsonb NOT NULL DEFAULT '[]',
        -- When the provider's answer was last recorded. One that was asked for before then may be older.
        status_at timestamptz,
        -- Which try at having the provider make it is under way, and since when: its key depends on it.
        attempt integer NOT NULL DEFAULT 1,
        attempted_at timestamptz NOT NULL DEFAULT now(),
        -- Set once that key is spent, which is when it only replays an error: then look-ups decide.
        last_lookup_at timestamptz,
        absent_lookups integer NOT NULL DEFAULT 0,
        -- The newest payout from the recipient's own balance to their bank whose end we know, which is none
        -- of our books: { id, state, at, amount, currency, reason }.
        last_bank_payout jsonb,
        is_default boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz
      );
      CREATE INDEX payout_accounts_user ON payout_accounts (user_id);
      CREATE UNIQUE INDEX payout_accounts_one_default ON payout_accounts (user_id)
        WHERE is_default AND deleted_at IS NULL;
      CREATE UNIQUE INDEX payout_accounts_destination ON payout_accounts (payment_provider, destination)
        WHERE payment_provider = 'stripe' AND destination <> '';

      -- One payout per release.
      CREATE TABLE payouts (
        transaction_id uuid PRIMARY KEY REFERENCES transactions (id),
        release_id uuid NOT NULL UNIQUE REFERENCES releases (id),
        user_id uuid NOT NULL REFERENCES users (id),
        payout_account_id uuid REFERENCES payout_accounts (id),
        -- waiting: has not been sent, money is in payable. in_transit: sent, outcome open.
        state text NOT NULL DEFAULT 'waiting'
          CHECK (state IN ('waiting', 'in_transit', 'paid', 'failed', 'returned')),
        not_before timestamptz NOT NULL DEFAULT now(),
        -- Minor units that came back after it was paid; they are payable again.
        returned_amount bigint NOT NULL DEFAULT 0 CHECK (returned_amount >= 0)
      );
      -- Whose money waits for something, or was refused.
      CREATE INDEX payouts_waiting ON payouts (user_id) WHERE state IN ('waiting', 'failed');
      CREATE INDEX payouts_user ON payouts (user_id, transaction_id DESC);

      CREATE TABLE refund_requests (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        milestone_id uuid NOT NULL REFERENCES milestones (id),
        requested_by uuid NOT NULL REFERENCES users (id),
        amount bigint NOT NULL CHECK (amount > 0),
        currency char(3) NOT NULL,
        reason text NOT NULL,
        -- immediate ones need no answer
        immediate boolean NOT NULL,
        status text NOT NULL CHECK (status IN
          ('requested', 'accepted', 'declined', 'escalated', 'withdrawn')),
        respond_by timestamptz,
        decided_by uuid REFERENCES users (id),
        decided_at timestamptz,
        transaction_id uuid UNIQUE REFERENCES transactions (id),
        dispute_id uuid REFERENCES disputes (id),
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX refund_requests_one_open ON refund_requests (milestone_id) WHERE status = 'requested';
      CREATE INDEX refund_requests_respond_by ON refund_requests (respond_by) WHERE status = 'requested';

      -- What open payouts and refunds will take from our balance at a provider.
      CREATE TABLE reservations (
        transaction_id uuid PRIMARY KEY REFERENCES transactions (id),
        rail text NOT NULL,
        currency char(3) NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        created_at timestamptz NOT NULL DEFAULT now(),
        settled_at timestamptz
      );
      CREATE INDEX reservations_open ON reservations (rail, currency) WHERE settled_at IS NULL;

      CREATE TABLE inbox_events (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        rail text NOT NULL CHECK (rail IN ('stripe', 'paypal')),
        event_id text NOT NULL,
        type text NOT NULL,
        -- The connected account an event is about, or empty.
        account text NOT NULL DEFAULT '',
        payload jsonb NOT NULL,
        status text NOT NULL DEFAULT 'received' CHECK (status IN ('received', 'handled', 'ignored', 'failed')),
        attempts integer NOT NULL DEFAULT 0,
        last_error text NOT NULL DEFAULT '',
        received_at timestamptz NOT NULL DEFAULT now(),
        handled_at timestamptz,
        UNIQUE (rail, event_id)
      );
      CREATE INDEX inbox_events_open ON inbox_events (received_at) WHERE status IN ('received', 'failed');

      CREATE TABLE idempotency_keys (
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
        route text NOT NULL,
        body_hash text NOT NULL,
        status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'done')),
        -- What this key caused, a transaction or a refund request: an orphaned key resumes from it.
        transaction_id uuid,
        response_status integer,
        -- json, not jsonb: a replay gives the members in the order of the first answer.
        response_body json,
        -- Who runs it now, until when. A request that lost its lease cannot bind or answer any more.
        lease uuid NOT NULL,
        locked_until timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (user_id, route, key)
      );
      CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

      -- A setting is never overwritten: the highest version counts, the others say what was true when.
      CREATE TABLE settings (
        name text NOT NULL,
        version integer NOT NULL CHECK (version > 0),
        value jsonb NOT NULL,
        changed_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (name, version)
      );
    `)
  }

  async down() {
    for (const table of [
      'settings',
      'idempotency_keys',
      'inbox_events',
      'reservations',
      'refund_requests',
      'payouts',
      'payout_accounts',
      'releases',
      'deposit_allocations',
      'deposits',
      'transactions',
      'escrow_accounts',
    ]) {
      this.schema.dropTable(table)
    }
  }
}
