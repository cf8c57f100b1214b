import { BaseSchema } from '@adonisjs/lucid/schema'

export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- Of a movement in a currency that we cannot count in: its amount is text, in the details.
      ALTER TABLE reconciliation_breaks DROP CONSTRAINT reconciliation_breaks_kind_check;
      ALTER TABLE reconciliation_breaks ADD CONSTRAINT reconciliation_breaks_kind_check CHECK (kind IN (
        'missing_in_ledger', 'missing_at_provider', 'amount', 'currency', 'fee', 'status', 'duplicate',
        'aged_in_transit', 'unknown_account', 'foreign_currency', 'unexplained_remainder'));
    `)
  }

  async down() {
    // What was found stays found: rows that break the old rule are let be.
    this.schema.raw(`
      ALTER TABLE reconciliation_breaks DROP CONSTRAINT reconciliation_breaks_kind_check;
      ALTER TABLE reconciliation_breaks ADD CONSTRAINT reconciliation_breaks_kind_check CHECK (kind IN (
        'missing_in_ledger', 'missing_at_provider', 'amount', 'currency', 'fee', 'status', 'duplicate',
        'aged_in_transit', 'unknown_account', 'unexplained_remainder')) NOT VALID;
    `)
  }
}
