import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { inTransaction } from '#database/transaction'
import {
  ProviderFailure,
  providerKey,
  type Provider,
  type ProviderDeposit,
} from '#payments/provider'
import Deposit from '#models/deposit'
import { isStillWanted } from '#escrow/deposit_states'
import { lockTransactionWithProject } from '#escrow/locks'

/**
 * An approval may outlive the refusal of its capture, and nothing tells it from a new one. So it is tried
 * again, but not for ever: the payer's bank would take that for an attack.
 */
const MOST_ATTEMPTS = 10

/**
 * Takes the money of a deposit that its payer has approved. Only we can: an approved payment that
 * nobody captures runs out at its provider, and its payer keeps the money. So this looks under the
 * locks whether the deposit is still wanted, notes that a capture is on its way, and only then asks.
 *
 * Safe to repeat: a payment is captured once, whoever asks, and however often.
 *
 * @param paymentId what the provider calls the payment that was approved
 * @returns what the provider answered; undefined if it is not wanted any more, was refused, or its
 *   outcome is unknown. Then the deposit stays pending, and the next look at it goes on from there.
 */
export async function captureDeposit(
  provider: Provider,
  transactionId: string,
  paymentId: string
): Promise<ProviderDeposit | undefined> {
  const attempt = await markCapturing(transactionId, paymentId)
  if (attempt === undefined) return undefined
  try {
    return await provider.captureDeposit(paymentId, providerKey(transactionId, attempt, 'capture'))
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    const { kind, code } = failure
    if (kind === 'declined') await recordRefusedCapture(transactionId, attempt, failure)
    else logger.warn({ transactionId, kind, code }, 'capture: the provider gave no answer')
    return undefined
  }
}

async function markCapturing(
  transactionId: string,
  paymentId: string
): Promise<number | undefined> {
  return inTransaction(async (trx) => {
    const { project, milestones, transaction } = await lockTransactionWithProject(
      trx,
      transactionId
    )
    const deposit = await Deposit.query({ client: trx })
      .where('transaction_id', transactionId)
      .firstOrFail()
    const underWay = deposit.captureSentAt !== null
    // One that is being cancelled starts no capture; a capture that was under way is asked for again.
    const mayStart = underWay || deposit.state === 'live'
    const wanted = await isStillWanted(trx, { project, milestones, transaction, deposit })
    // A second payment that carries this deposit's id is never taken.
    const ours = transaction.providerTransactionId === paymentId
    if (!mayStart || !wanted || !ours || transaction.attempt > MOST_ATTEMPTS) return undefined
    if (!underWay) {
      await trx
        .from('deposits')
        .where('transaction_id', transactionId)
        .update({ capture_sent_at: db.raw('now()') })
    }
    return transaction.attempt
  })
}

/**
 * The payer's means of payment was refused. The deposit stays open for another one, whose capture is
 * an attempt of its own: under the old key the provider might only repeat its refusal.
 */
async function recordRefusedCapture(
  transactionId: string,
  attempt: number,
  failure: ProviderFailure
): Promise<void> {
  await inTransaction(async (trx) => {
    const { transaction } = await lockTransactionWithProject(trx, transactionId)
    if (transaction.status !== 'pending' || transaction.attempt !== attempt) return
    await trx
      .from('transactions')
      .where('id', transactionId)
      .update({
        attempt: attempt + 1,
        failure_code: 'payment_attempt_failed',
        failure_message: failure.message.slice(0, 500),
      })
    await trx
      .from('deposits')
      .where('transaction_id', transactionId)
      .update({ capture_sent_at: null })
  })
}
