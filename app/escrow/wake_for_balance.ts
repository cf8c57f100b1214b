import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import type { Rail } from '#models/transaction'
import { enqueue } from '#jobs/queue'
import sendPayoutJob from '#jobs/send_payout'
import sendRefundJob from '#jobs/send_refund'
import { offeredProviders } from '#payments/registry'

/**
 * Sends what waits and would draw on a rail's balance, now that there is more of it: refunds of that rail,
 * and payouts whose freelancer is paid on it. What the balance still does not cover goes on waiting.
 */
export async function wakeWhatWaitsForBalance(
  trx: TransactionClientContract,
  rail: Rail,
  currency: string
): Promise<void> {
  const { rows: refunds } = await trx.rawQuery(
    `SELECT id FROM transactions
      WHERE transaction_type = 'refund' AND status = 'pending' AND sent_at IS NULL
        AND rail = ? AND currency = ?
      ORDER BY created_at`,
    [rail, currency]
  )
  for (const { id } of refunds) await enqueue(trx, sendRefundJob, { transactionId: id })

  await wakePayoutsOn(trx, rail, currency)
}

/**
 * Sends the waiting payouts whose freelancer is paid on a rail.
 *
 * @param currency only those in it; all, if not given
 */
export async function wakePayoutsOn(
  trx: TransactionClientContract,
  rail: Rail,
  currency?: string
): Promise<void> {
  const drawing = offeredProviders()
    .filter((provider) => provider.rail === rail)
    .map(({ name }) => name)
  const { rows: payouts } = await trx.rawQuery(
    `SELECT t.id FROM payouts p
       JOIN transactions t ON t.id = p.transaction_id
       JOIN payout_accounts a ON a.user_id = p.user_id AND a.is_default AND a.deleted_at IS NULL
      WHERE p.state = 'waiting' AND p.held_at IS NULL AND p.not_before <= now() AND a.payment_provider = ANY (?)
        ${currency === undefined ? '' : 'AND t.currency = ?'}
      ORDER BY t.created_at`,
    currency === undefined ? [drawing] : [drawing, currency]
  )
  for (const { id } of payouts) await enqueue(trx, sendPayoutJob, { transactionId: id })
}
