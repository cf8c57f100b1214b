import { BaseSeeder } from '@adonisjs/lucid/seeders'
import env from '#start/env'
import { inTransaction } from '#database/transaction'
import Transaction, { type Rail } from '#models/transaction'
import { offeredRails, providerOfRail } from '#payments/registry'
import { recordTreasury } from '#escrow/record_treasury'

/**
 * The stand-ins for Stripe and PayPal start with a balance, as ours did when we put capital in. Without
 * these entries our books would have less than the providers do; under another name than theirs, each
 * would miss what the other has.
 */
export default class OpeningFloatSeeder extends BaseSeeder {
  static environment = ['development', 'test']

  async run() {
    const standIns: Record<Rail, string | undefined> = {
      stripe: env.get('STRIPE_API_BASE'),
      paypal: env.get('PAYPAL_API_BASE'),
    }
    for (const rail of offeredRails().filter((each) => standIns[each])) {
      if (await Transaction.query().where({ rail, transactionType: 'treasury' }).first()) continue
      for (const { sourceId: reference, amount } of await floats(rail)) {
        await inTransaction((trx) =>
          recordTreasury(
            trx,
            { kind: 'opening_float', rail, amount, reference },
            { actor: { type: 'system' } }
          )
        )
      }
    }
  }
}

/** What was put on a rail before anything else happened. */
async function floats(rail: Rail) {
  const period = { from: new Date(Date.now() - 86_400_000), to: new Date() }
  const found = await Array.fromAsync(providerOfRail(rail).listBalanceTransactions(period))
  return found.filter(({ kind }) => kind === 'top_up')
}
