import { BaseSeeder } from '@adonisjs/lucid/seeders'
import db from '@adonisjs/lucid/services/db'
import { recordTreasury } from '#escrow/record_treasury'
import { Money } from '#ledger/money'

/**
 * Books what the Stripe sandbox owns when it starts, so that our clearing account and its balance
 * agree from the first day. Running it again books nothing. A real float is booked by who pays it in.
 */
export default class extends BaseSeeder {
  static environment = ['development', 'test']

  async run() {
    await db.transaction((trx) =>
      recordTreasury(trx, {
        kind: 'opening_float',
        rail: 'stripe',
        // The default of sandbox/stripe/options.ts.
        amount: Money.parse('100000.00', 'USD'),
        reference: 'sandbox-opening-float',
      })
    )
  }
}
