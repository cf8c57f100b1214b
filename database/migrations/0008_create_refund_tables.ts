import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- A refund that no rail could carry, paid from our bank by a person.
      CREATE TABLE refunds_paid_by_hand (
        transaction_id uuid PRIMARY KEY REFERENCES transactions (id),
        -- What our bank calls the payment. UNIQUE: one payment pays one refund.
        reference text NOT NULL UNIQUE CHECK (reference <> ''),
        paid_by text NOT NULL CHECK (paid_by <> ''),
        reason text NOT NULL CHECK (reason <> ''),
        created_at timestamptz NOT NULL DEFAULT now()
      );

      -- Pays what is still owed of a refund that failed, after a lost chargeback has settled a part of it.
      -- Always the first one: what such a refund cannot carry either is owed of that again.
      ALTER TABLE transactions ADD COLUMN continues_id uuid REFERENCES transactions (id);
      CREATE INDEX transactions_continues ON transactions (continues_id) WHERE continues_id IS NOT NULL;

      -- Refunds whose outcome may still turn at their provider, who was looked at longest ago first.
      CREATE INDEX transactions_recheck_refunds ON transactions (settle_tried_at NULLS FIRST)
        WHERE transaction_type = 'refund' AND status <> 'pending' AND provider_transaction_id <> '';
    `)
  }

  async down() {
    this.schema.raw('DROP INDEX transactions_recheck_refunds')
    this.schema.raw('ALTER TABLE transactions DROP COLUMN continues_id')
    this.schema.dropTable('refunds_paid_by_hand')
  }
}
