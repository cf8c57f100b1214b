import logger from '@adonisjs/core/services/logger'
import { validate as isUuid } from 'uuid'
import { inTransaction } from '#database/transaction'
import { Money } from '#ledger/money'
import type { Provider, ProviderDeposit } from '#payments/provider'
import Deposit from '#models/deposit'
import Transaction from '#models/transaction'
import {
  bookLateFee,
  bookStrayCapture,
  bookUnapplied,
  freezeContradiction,
  fund,
  type ObservedDeposit,
} from '#escrow/book_deposit'
import { captureDeposit } from '#escrow/capture_deposit'
import { noteDisputed } from '#escrow/chargebacks/freeze'
import { closeLockedDeposit } from '#escrow/close_deposit'
import { isStillWanted, mayHaveBeenTaken } from '#escrow/deposit_states'
import { lockTransactionWithProject } from '#escrow/locks'
import { noteRefundedElsewhere } from '#escrow/refunded_elsewhere'

/**
 * Brings our books to what a provider says of a deposit. Every way in which we learn of a payment
 * ends here (its own answer, a webhook, a look-up), in any order and any number of times; the effect
 * is the same.
 *
 * - approved by its payer, and still wanted: its money is taken first
 * - captured, and still wanted: clearing → escrow of each milestone, which is funded from now on
 * - captured, but its milestones are gone or funded: clearing → unapplied, and refunded by itself
 * - cancelled: the deposit is closed, unless a capture of ours may have come first
 * - disputed with the payer's bank: its milestones are frozen
 * - in another amount or currency than asked: clearing → suspense, and frozen until a person has looked
 *
 * @returns false if the payment belongs to no transaction of ours
 */
export async function applyDeposit(
  provider: Provider,
  observed: ProviderDeposit
): Promise<boolean> {
  const found = await findTransaction(provider, observed)
  if (!found) {
    logger.warn(
      { provider: provider.name, id: observed.id },
      'a payment that belongs to no deposit'
    )
    return false
  }
  await record(provider, found.id, observed)
  if (observed.state === 'approved') {
    const captured = await captureDeposit(provider, found.id, observed.id)
    if (captured) await record(provider, found.id, captured)
  }
  return true
}

async function record(
  provider: Provider,
  transactionId: string,
  observed: ProviderDeposit
): Promise<void> {
  await inTransaction(async (trx) => {
    const locks = await lockTransactionWithProject(trx, transactionId)
    const deposit = await Deposit.query({ client: trx })
      .where('transaction_id', transactionId)
      .firstOrFail()
    await applyLocked({ trx, provider, observed, ...locks, deposit })
  })
}

/** By the id that we left in its metadata; a record that came back without it, by its own id. */
async function findTransaction(
  provider: Provider,
  observed: ProviderDeposit
): Promise<Transaction | null> {
  const deposits = Transaction.query()
    .where('transaction_type', 'deposit')
    .where('rail', provider.rail)
  const own = await deposits.clone().where('provider_transaction_id', observed.id).first()
  if (own || !isUuid(observed.transactionId)) return own
  return deposits.where('id', observed.transactionId).first()
}

async function applyLocked(locked: ObservedDeposit): Promise<void> {
  const { trx, observed, transaction, deposit } = locked

  if (transaction.providerTransactionId && transaction.providerTransactionId !== observed.id) {
    if (observed.state === 'captured') await bookStrayCapture(locked)
    return
  }
  if (!transaction.providerTransactionId) {
    transaction.providerTransactionId = observed.id
    await transaction.save()
  }
  if (observed.state === 'cancelled') {
    if (mayHaveBeenTaken(deposit, observed)) return
    if (deposit.state === 'live' || deposit.state === 'cancelling') {
      await closeLockedDeposit(trx, locked.project, transaction, {
        actor: { type: 'provider' },
        failureCode: 'cancelled',
        failureMessage: 'The payment was cancelled or expired at the provider.',
      })
    }
    return
  }
  if (observed.state !== 'captured') {
    await showLastError(locked)
    return
  }
  if (deposit.state === 'frozen') return
  if (transaction.status !== 'completed' || !isBooked(deposit)) {
    if (!observed.amount.equals(Money.of(transaction.amount, transaction.currency))) {
      await freezeContradiction(locked)
      return
    }
    if (await isStillWanted(trx, locked)) await fund(locked)
    else await bookUnapplied(locked)
  } else {
    await bookLateFee(locked)
  }
  if (isBooked(deposit)) await noteRefundedElsewhere(locked)
  if (observed.disputed && !deposit.chargeDisputedAt) {
    await noteDisputed({ ...locked, deposit: transaction })
  }
}

function isBooked(deposit: Deposit): boolean {
  return deposit.state === 'applied' || deposit.state === 'unapplied'
}

/** A card that was declined leaves the deposit open for another try; the payer sees why. */
async function showLastError({ transaction, observed }: ObservedDeposit): Promise<void> {
  if (transaction.status !== 'pending' || !observed.lastError) return
  transaction.failureCode = 'payment_attempt_failed'
  transaction.failureMessage = observed.lastError.slice(0, 500)
  await transaction.save()
}
