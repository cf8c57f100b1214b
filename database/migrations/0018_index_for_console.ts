import { BaseSchema } from '@adonisjs/lucid/schema'

/** What the console looks for that nothing else does. */
export default class extends BaseSchema {
  async up() {
    this.schema.raw(`
      -- By amount, and lists of a type that is rare; newest first.
      CREATE INDEX transactions_amount ON transactions (amount, id DESC);
      CREATE INDEX transactions_type ON transactions (transaction_type, id DESC);
      CREATE INDEX transactions_failed ON transactions (id DESC) WHERE status = 'failed';
      -- A PayPal or Venmo address is no user's e-mail address.
      CREATE INDEX payout_accounts_address ON payout_accounts (destination) WHERE destination <> '';
    `)
  }

  async down() {
    this.schema.raw(`
      DROP INDEX payout_accounts_address, transactions_failed, transactions_type, transactions_amount
    `)
  }
}
