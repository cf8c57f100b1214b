import { DateTime } from 'luxon'
import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { wrongState } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import sendPayoutJob from '#jobs/send_payout'
import { lockPayout } from '#escrow/lock_payout'

/**
 * Tries a payout now. One that was refused has its money back in payable, and goes under a key of its own; one
 * that waits is looked at again, whatever it waits for but the hold period; one that was sent is looked up first, and sent again
 * at most under the same key, which is one payment for its provider.
 *
 * @throws Problem 404; 409 `held` while staff holds it, `hold_period` before that is over, `wrong_state` for
 *   one that is over
 */
export async function retryPayout(payoutId: string, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const { payout } = await lockPayout(trx, payoutId)
    const { state } = payout
    if (!['waiting', 'failed', 'in_transit'].includes(state)) {
      throw wrongState(`This payout is ${state}; there is nothing to try again.`, state)
    }
    if (payout.heldAt) {
      throw wrongState('This payout is held; let it go first.', state, { code: 'held' })
    }
    if (state === 'waiting' && payout.notBefore > DateTime.now()) {
      const due = payout.notBefore.toUTC().toFormat('yyyy-MM-dd HH:mm')
      throw wrongState(
        `The hold period after its release lasts until ${due} UTC. It is sent by itself then, and not before.`,
        state,
        { code: 'hold_period' }
      )
    }
    const after = state === 'failed' ? 'waiting' : state
    await trx.from('payouts').where('transaction_id', payoutId).update({ state: after })
    await recordAudit(trx, {
      ...act,
      action: 'payout.retried',
      target: { type: 'transaction', id: payoutId },
      before: { state },
      after: { state: after },
    })
    await enqueue(trx, sendPayoutJob, { transactionId: payoutId })
  })
}
