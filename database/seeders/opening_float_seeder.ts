import { BaseSeeder } from '@adonisjs/lucid/seeders'
import env from '#start/env'
import { Money } from '#ledger/money'
import { inTransaction } from '#database/transaction'
import type { Rail } from '#models/transaction'
import { offeredRails } from '#payments/registry'
import { recordTreasury } from '#escrow/record_treasury'

/**
 * The stand-ins for Stripe and PayPal start with a balance, as ours did when we put capital in. Without
 * these entries our books would have less than the providers do.
 */
export default class OpeningFloatSeeder extends BaseSeeder {
  static environment = ['development', 'test']

  async run() {
    const standIns: Record<Rail, string | undefined> = {
      stripe: env.get('STRIPE_API_BASE'),
      paypal: env.get('PAYPAL_API_BASE'),
    }
    for (const rail of offeredRails().filter((each) => standIns[each])) {
      await inTransaction((trx) =>
        recordTreasury(trx, {
          kind: 'opening_float',
          rail,
          amount: Money.parse('100000.00', 'USD'),
          reference: 'sandbox-opening-float',
        })
      )
    }
  }
}
