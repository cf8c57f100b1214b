import { inTransaction } from '#database/transaction'
import { recordAudit, type Act } from '#audit/record_audit'
import { wrongState } from '#exceptions/problem'
import { enqueue } from '#jobs/queue'
import cancelPayoutJob from '#jobs/cancel_payout'
import { providerFor } from '#payments/registry'
import { ProviderFailure } from '#payments/provider'
import Payout from '#models/payout'
import Transaction from '#models/transaction'
import { applyPayout } from '#escrow/apply_payout'
import { lockPayout } from '#escrow/lock_payout'

/**
 * Asks for a payout back that nobody has claimed. Its recipient may still be first: what came of it, its
 * provider tells, by the answer and by a webhook, and is booked once. The money is payable again then.
 *
 * @throws Problem 404; 409 `not_unclaimed`, `already_asked`
 */
export async function cancelUnclaimed(payoutId: string, act: Act): Promise<void> {
  await inTransaction(async (trx) => {
    const { payout, transaction } = await lockPayout(trx, payoutId)
    const rail = providerFor(transaction.paymentProvider)
    if (payout.state !== 'in_transit' || !payout.unclaimed || !rail.cancelPayout) {
      throw wrongState('Only a payout that waits to be claimed can be cancelled.', payout.state, {
        code: 'not_unclaimed',
      })
    }
    if (payout.cancelAskedAt) {
      throw wrongState('It is being cancelled already.', payout.state, { code: 'already_asked' })
    }
    await trx
      .from('payouts')
      .where('transaction_id', payoutId)
      .update({ cancel_asked_at: trx.raw('clock_timestamp()') })
    await recordAudit(trx, {
      ...act,
      action: 'payout.cancel_asked',
      target: { type: 'transaction', id: payoutId },
      before: { state: payout.state, unclaimed: true },
      after: { state: payout.state, cancel_asked: true },
    })
    await enqueue(trx, cancelPayoutJob, { transactionId: payoutId })
  })
}

/**
 * Carries the cancellation out, and books what the provider says. Safe to repeat: what has an end by now is
 * only looked up. One that was claimed meanwhile, or is on hold again, is not asked for any more.
 *
 * @throws ProviderFailure if nobody knows yet; the next look tells
 */
export async function carryOutCancellation(transactionId: string): Promise<void> {
  const payout = await Payout.findOrFail(transactionId)
  if (payout.state !== 'in_transit' || !payout.cancelAskedAt) return
  const transaction = await Transaction.findOrFail(transactionId)
  const provider = providerFor(transaction.paymentProvider)
  const id = transaction.providerTransactionId
  const observed = await provider.cancelPayout!(id).catch((error: unknown) => {
    if (!(error instanceof ProviderFailure) || error.kind !== 'declined') throw error
    return provider.getPayout(id)
  })
  await applyPayout(provider, observed)
  // It lives on: whoever wants it back has to ask anew.
  await Payout.query()
    .where('transaction_id', transactionId)
    .where('state', 'in_transit')
    .update({ cancel_asked_at: null })
}
