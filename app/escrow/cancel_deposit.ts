import { inTransaction } from '#database/transaction'
import { Problem, forbidden, wrongState } from '#exceptions/problem'
import { ProviderFailure, providerKey, type Provider } from '#payments/provider'
import { providerFor } from '#payments/registry'
import Deposit from '#models/deposit'
import Transaction from '#models/transaction'
import { applyDeposit } from '#escrow/apply_deposit'
import { keyHasExpired } from '#escrow/ask_provider'
import { closeDeposit, closeLockedDeposit } from '#escrow/close_deposit'
import { mayHaveBeenTaken } from '#escrow/deposit_states'
import { lockTransactionWithProject } from '#escrow/locks'
import { depositRequest } from '#escrow/send_deposit'
import type { Actor } from '#escrow/record_activity'

export interface CancelDeposit {
  actor: Actor
  /** What the transaction shows as its reason. */
  failureCode?: string
  failureMessage?: string
}

/**
 * Cancels an unpaid deposit: at its provider first, because only the provider can make sure that
 * nobody pays it a moment later. If it was paid first, the payment stands and is applied.
 *
 * @returns the transaction as it is afterwards: failed if cancelled, completed if it was paid first
 * @throws Problem 409 `wrong_state` if it is not pending; 409 `deposit_pending` if the provider's
 *   answer is unknown or the payment is on its way: try again later
 */
export async function cancelDeposit(
  transactionId: string,
  options: CancelDeposit
): Promise<Transaction> {
  const why = {
    actor: options.actor,
    failureCode: options.failureCode ?? 'cancelled',
    failureMessage: options.failureMessage ?? 'Cancelled before it was paid.',
  }
  const intent = await markCancelling(transactionId, why)
  const { transaction } = intent
  if (transaction.status !== 'pending') return transaction

  const provider = providerFor(transaction.paymentProvider)
  try {
    const id = transaction.providerTransactionId || (await learnProviderId(provider, intent))
    if (!id) {
      await closeDeposit(transactionId, why)
      return await Transaction.findOrFail(transactionId)
    }
    if (intent.deposit.captureSentAt) await settleCapture(provider, transaction, id)
    const answer = await provider.cancelDeposit(
      id,
      providerKey(transaction.id, transaction.attempt, 'cancel')
    )
    if (mayHaveBeenTaken(intent.deposit, answer)) throw pendingStill()
    if (answer.state === 'cancelled') await closeDeposit(transactionId, why)
    else await applyDeposit(provider, answer)
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    if (failure.kind === 'declined' && !transaction.providerTransactionId) {
      await closeDeposit(transactionId, {
        ...why,
        failureCode: failure.code,
        failureMessage: failure.message,
      })
    } else {
      throw pendingStill(failure)
    }
  }

  const current = await Transaction.findOrFail(transactionId)
  if (current.status === 'pending') throw pendingStill()
  return current
}

/**
 * A capture may be on its way. Asked for once more, it either has taken the money, which then stands, or
 * is refused for good; only after that is there something to cancel.
 *
 * @throws ProviderFailure while its outcome is unknown
 */
async function settleCapture(
  provider: Provider,
  { id, attempt }: Transaction,
  paymentId: string
): Promise<void> {
  const now = await provider.getDeposit(paymentId)
  if (now.state !== 'approved') return
  try {
    await provider.captureDeposit(paymentId, providerKey(id, attempt, 'capture'))
  } catch (failure) {
    if (failure instanceof ProviderFailure && failure.kind === 'declined') return
    throw failure
  }
}

/**
 * Cancels an unpaid deposit because its payer asks for it.
 *
 * @throws Problem 403 not the payer; 409 `wrong_state` not a pending deposit, or paid a moment ago;
 *   409 `deposit_pending` as above
 */
export async function cancelUnpaidDeposit(
  transactionId: string,
  input: { by: { id: string } }
): Promise<Transaction> {
  const transaction = await Transaction.findOrFail(transactionId)
  if (transaction.transactionType !== 'deposit') {
    throw wrongState('Only a deposit that is not paid yet can be cancelled.', transaction.status)
  }
  if (transaction.userId !== input.by.id) throw forbidden('Only who pays a deposit cancels it.')
  if (transaction.status !== 'pending') {
    throw wrongState(`This deposit is ${transaction.status} already.`, transaction.status)
  }
  const after = await cancelDeposit(transactionId, { actor: { type: 'user', id: input.by.id } })
  if (after.status === 'completed') {
    throw wrongState('It was paid a moment before; ask for a refund instead.', after.status)
  }
  return after
}

/**
 * Finds what the provider calls a deposit whose answer was lost. Sending it again under the same key
 * brings the id in one request, and makes no second payment as long as the key lives. Once it only replays
 * an error, or may have been forgotten, a look-up decides, which may have to read through all payments
 * since then: what it does not find is not there, and nobody ever got what it takes to pay it.
 *
 * @returns the provider's id, or nothing if it conclusively has no such payment
 */
async function learnProviderId(
  provider: Provider,
  {
    transaction,
    deposit,
    projectId,
  }: { transaction: Transaction; deposit: Deposit; projectId: string }
): Promise<string | undefined> {
  if (!keyHasExpired(provider, transaction)) {
    try {
      const sent = await provider.createDeposit(depositRequest(transaction, deposit, projectId))
      return sent.id
    } catch (failure) {
      if (!(failure instanceof ProviderFailure) || !failure.replayed) throw failure
    }
  }
  const found = await provider.findByMetadata('deposit', transaction.id, {
    projectId,
    since: transaction.sentAt!.toJSDate(),
  })
  return found?.id
}

function pendingStill(cause?: unknown): Problem {
  return new Problem(
    'An earlier payment for this is still being settled with the payment provider. Try again in a minute.',
    { code: 'deposit_pending', status: 409, cause }
  )
}

async function markCancelling(transactionId: string, why: Parameters<typeof closeDeposit>[1]) {
  return inTransaction(async (trx) => {
    const { project, transaction } = await lockTransactionWithProject(trx, transactionId)
    const deposit = await Deposit.query({ client: trx })
      .where('transaction_id', transactionId)
      .firstOrFail()
    if (transaction.status === 'pending' && deposit.state === 'frozen') {
      throw wrongState(
        'The provider contradicts our record of this payment; support is looking into it.',
        'frozen'
      )
    }
    if (transaction.status === 'pending' && !transaction.sentAt) {
      await closeLockedDeposit(trx, project, transaction, why)
      await transaction.refresh()
    } else if (transaction.status === 'pending') {
      await trx
        .from('deposits')
        .where('transaction_id', transactionId)
        .update({ state: 'cancelling' })
    }
    return { transaction, deposit, projectId: project.id }
  })
}
