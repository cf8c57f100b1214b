import { BaseSchema } from '@adonisjs/lucid/schema'

/** What staff needs to repair payouts and webhooks from the console. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      ALTER TABLE payouts
        -- Staff looks into it: it is not sent before somebody lets it go.
        ADD COLUMN held_at timestamptz,
        -- It waits at its provider for its recipient, and may be taken back until they claim it.
        ADD COLUMN unclaimed boolean NOT NULL DEFAULT false,
        -- Staff takes it back; what came of it, the provider tells.
        ADD COLUMN cancel_asked_at timestamptz;
      -- What people look for: everything that is not over.
      CREATE INDEX payouts_open ON payouts (state, transaction_id DESC) WHERE state NOT IN ('paid', 'cancelled');

      -- Every id by which somebody may look for an event: the provider's of what it is about, and ours in its
      -- metadata.
      CREATE FUNCTION inbox_object_ids(payload jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT array_remove(ARRAY[
          payload #>> '{data,object,id}',
          payload #>> '{data,object,payment_intent}',
          payload #>> '{data,object,charge}',
          payload #>> '{data,object,metadata,transaction_id}',
          payload #>> '{resource,id}',
          payload #>> '{resource,order_id}',
          payload #>> '{resource,custom_id}',
          payload #>> '{resource,payout_item_id}',
          payload #>> '{resource,payout_batch_id}',
          payload #>> '{resource,transaction_id}',
          payload #>> '{resource,payout_item,sender_item_id}',
          payload #>> '{resource,batch_header,payout_batch_id}',
          -- Ours in a batch is our key for it.
          substring(payload #>> '{resource,batch_header,sender_batch_header,sender_batch_id}'
            from '([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})'),
          payload #>> '{resource,dispute_id}',
          payload #>> '{resource,disputed_transactions,0,seller_transaction_id}'
        ], NULL)
      $$;
      CREATE INDEX inbox_events_objects ON inbox_events USING gin (inbox_object_ids(payload));
      CREATE INDEX inbox_events_type ON inbox_events (type text_pattern_ops, id DESC);
      CREATE INDEX inbox_events_event ON inbox_events (event_id);

      -- Several events that are processed once more, one after the other, by one job.
      CREATE TABLE inbox_replays (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        event_ids uuid[] NOT NULL CHECK (cardinality(event_ids) > 0),
        -- The last one that was processed; those after it are still to come.
        last_id uuid,
        done integer NOT NULL DEFAULT 0,
        failed integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz
      );
    `)
  }

  async down() {
    this.schema.raw(`
      DROP TABLE inbox_replays;
      DROP INDEX inbox_events_event, inbox_events_type, inbox_events_objects;
      DROP FUNCTION inbox_object_ids(jsonb);
      ALTER TABLE payouts DROP COLUMN cancel_asked_at, DROP COLUMN unclaimed, DROP COLUMN held_at;
    `)
  }
}
