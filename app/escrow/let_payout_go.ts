import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { wrongState } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import sendPayoutJob from '#jobs/send_payout'
import { lockPayout } from '#escrow/lock_payout'

/**
 * Ends staff's hold of a payout: one that waited is sent as soon as nothing else keeps it. One that its
 * provider had refused stays refused; trying it again is an act of its own.
 *
 * @throws Problem 404; 409 `not_held`
 */
export async function letPayoutGo(payoutId: string, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const { payout } = await lockPayout(trx, payoutId)
    if (!payout.heldAt) {
      throw wrongState('Nobody holds this payout.', payout.state, { code: 'not_held' })
    }
    await trx.from('payouts').where('transaction_id', payoutId).update({ held_at: null })
    await trx.from('transactions').where('id', payoutId).update({ wait_reason: '' })
    await recordAudit(trx, {
      ...act,
      action: 'payout.let_go',
      target: { type: 'transaction', id: payoutId },
      before: { state: payout.state, held: true },
      after: { state: payout.state, held: false },
    })
    if (payout.state === 'waiting') {
      await enqueue(trx, sendPayoutJob, { transactionId: payoutId })
    }
  })
}
