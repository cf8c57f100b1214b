import { inTransaction } from '#database/transaction'
import type { Act } from '#audit/record_audit'
import type { Rail } from '#models/transaction'
import { acknowledgeBreak } from '#payments/reconcile/acknowledge_break'
import { wakePayoutsOn } from '#escrow/wake_for_balance'

/**
 * Acknowledges a break, and tries the payouts again that waited for somebody to do so.
 *
 * @throws Problem 404; 409 `resolved`
 */
export async function letPayoutsGoOn(breakId: string, act: Act): Promise<{ rail: Rail }> {
  return inTransaction(async (trx) => {
    const { rail } = await acknowledgeBreak(trx, breakId, act)
    await wakePayoutsOn(trx, rail)
    return { rail }
  })
}
