import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { wrongState } from '#exceptions/problem'
import { lockPayout } from '#escrow/lock_payout'

/** Why a held payout waits, in words for the freelancer: what staff looks into is no news to be told. */
export const HELD = 'Support is looking into this payout; it is sent when that is done.'

/**
 * Keeps a payout from being sent until somebody lets it go. Whoever sends takes the same lock: so it is held,
 * and not sent, or it is on its way, and that is said.
 *
 * @throws Problem 404; 409 `on_its_way` for one that was sent, `already_held`, `wrong_state` for one that is over
 */
export async function holdPayout(payoutId: string, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const { payout } = await lockPayout(trx, payoutId)
    if (payout.state === 'in_transit') {
      throw wrongState(
        'This payout is on its way; it cannot be held any more. If nobody claims it, it can be cancelled.',
        payout.state,
        { code: 'on_its_way' }
      )
    }
    if (payout.state !== 'waiting' && payout.state !== 'failed') {
      throw wrongState(`This payout is ${payout.state}; there is nothing to hold.`, payout.state)
    }
    if (payout.heldAt) {
      throw wrongState('This payout is held already.', payout.state, { code: 'already_held' })
    }
    await trx
      .from('payouts')
      .where('transaction_id', payoutId)
      .update({ held_at: trx.raw('clock_timestamp()') })
    await trx.from('transactions').where('id', payoutId).update({ wait_reason: HELD })
    await recordAudit(trx, {
      ...act,
      action: 'payout.held',
      target: { type: 'transaction', id: payoutId },
      before: { state: payout.state, held: false },
      after: { state: payout.state, held: true },
    })
  })
}
