import { BaseSeeder } from '@adonisjs/lucid/seeders'
import env from '#start/env'
import { Money } from '#ledger/money'
import { inTransaction } from '#database/transaction'
import { recordTreasury } from '#escrow/record_treasury'

/**
 * The stand-in for Stripe starts with a balance, as ours did when we put capital in. Without this
 * entry our books would have less than the provider does.
 */
export default class OpeningFloatSeeder extends BaseSeeder {
  static environment = ['development', 'test']

  async run() {
    if (!env.get('STRIPE_API_BASE')) return
    await inTransaction((trx) =>
      recordTreasury(trx, {
        kind: 'opening_float',
        rail: 'stripe',
        amount: Money.parse('100000.00', 'USD'),
        reference: 'sandbox-opening-float',
      })
    )
  }
}
