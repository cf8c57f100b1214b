import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { enqueue } from '#jobs/queue'
import sendPayoutJob from '#jobs/send_payout'

/**
 * Sends a user's waiting payouts now that something changed that they waited for, such as a payout
 * account that was added or enabled.
 *
 * @param options.refused also those that the provider definitely refused: their money is back in payable,
 *   and their next attempt has a key of its own. Only for who has changed something about the account:
 *   sent to the same one, they would be refused again.
 */
export async function wakeWaitingPayouts(
  trx: TransactionClientContract,
  userId: string,
  { refused }: { refused: boolean }
): Promise<void> {
  if (refused) {
    await trx
      .from('payouts')
      .where('user_id', userId)
      .where('state', 'failed')
      .update({ state: 'waiting' })
  }
  const waiting = await trx
    .from('payouts')
    .where('user_id', userId)
    .where('state', 'waiting')
    .whereNull('held_at')
    .whereRaw('not_before <= now()')
    .select('transaction_id')
  for (const { transaction_id: transactionId } of waiting) {
    await enqueue(trx, sendPayoutJob, { transactionId })
  }
}
