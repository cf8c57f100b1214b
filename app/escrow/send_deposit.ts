import db from '@adonisjs/lucid/services/db'
import logger from '@adonisjs/core/services/logger'
import { inTransaction } from '#database/transaction'
import { Money } from '#ledger/money'
import { Problem } from '#exceptions/problem'
import {
  ProviderFailure,
  providerKey,
  type ClientAction,
  type CreateDeposit,
  type ProviderDeposit,
} from '#payments/provider'
import { providerFor } from '#payments/registry'
import Deposit from '#models/deposit'
import EscrowAccount from '#models/escrow_account'
import Transaction from '#models/transaction'
import { applyDeposit } from '#escrow/apply_deposit'
import { keyHasExpired } from '#escrow/ask_provider'
import { closeDeposit } from '#escrow/close_deposit'
import { lockTransaction } from '#escrow/locks'
import { aboutTransaction } from '#telemetry/scope'

/**
 * Phases two and three of a deposit: asks the provider for a payment under the transaction's key and
 * records what it answered. Safe to repeat at any time, also while another process does the same:
 * the key is the same, so the provider has one payment.
 *
 * @returns the transaction as it is now, and how to pay while it can be paid. No `clientAction` on a
 *   pending transaction means that the provider's answer is unknown.
 * @throws Problem 402 `provider_declined` when the provider definitely refuses
 */
export async function sendDeposit(
  transactionId: string
): Promise<{ transaction: Transaction; clientAction?: ClientAction }> {
  aboutTransaction(transactionId)
  const { transaction, deposit, projectId } = await markSent(transactionId)
  if (transaction.status !== 'pending' || deposit.state !== 'live') return { transaction }

  const provider = providerFor(transaction.paymentProvider)
  // Sent now it would be a second payment. Its time is about over anyway: then it is looked up.
  if (!transaction.providerTransactionId && keyHasExpired(provider, transaction)) {
    return { transaction }
  }
  let answer: ProviderDeposit
  try {
    answer = transaction.providerTransactionId
      ? await provider.getDeposit(transaction.providerTransactionId)
      : await provider.createDeposit(depositRequest(transaction, deposit, projectId))
  } catch (failure) {
    if (!(failure instanceof ProviderFailure)) throw failure
    if (failure.kind !== 'declined') {
      logger.warn({ transactionId, code: failure.code }, 'deposit: the provider gave no answer')
      return { transaction }
    }
    await closeDeposit(transactionId, {
      actor: { type: 'provider' },
      failureCode: failure.code,
      failureMessage: failure.message,
    })
    throw declined(failure.code, failure.message)
  }

  await applyDeposit(provider, answer)
  const current = await Transaction.findOrFail(transactionId)
  return {
    transaction: current,
    clientAction: current.status === 'pending' ? answer.clientAction : undefined,
  }
}

/**
 * Answers a repeated request for a deposit that the provider refused the way the first was answered.
 *
 * @throws Problem 402 `provider_declined`
 */
export function assertNotDeclined(transaction: Transaction): void {
  const { status, providerTransactionId, failureCode, failureMessage } = transaction
  const refused = status === 'failed' && !providerTransactionId && !ENDED_BY_US.has(failureCode)
  if (refused) throw declined(failureCode, failureMessage)
}

const ENDED_BY_US = new Set(['cancelled', 'expired', 'superseded'])

function declined(code: string, message: string): Problem {
  return new Problem(`The payment provider refused this deposit: ${message}`, {
    code: 'provider_declined',
    status: 402,
    extra: { provider_code: code },
  })
}

/** Whether a transaction is one that the user may still have to pay. */
export function isPayable(transaction: Transaction, user: { id: string }): boolean {
  const { transactionType, status, userId } = transaction
  return transactionType === 'deposit' && status === 'pending' && userId === user.id
}

/**
 * How a pending deposit can be paid, for its payer; the provider is asked each time, because secrets
 * and single-use links are never stored.
 *
 * @returns nothing for anyone else, for other transactions, and while the provider gives no answer
 */
export async function howToPay(
  transaction: Transaction,
  user: { id: string }
): Promise<ClientAction | undefined> {
  if (!isPayable(transaction, user)) return undefined
  try {
    const { clientAction } = await sendDeposit(transaction.id)
    return clientAction
  } catch (error) {
    // Refused for good: the transaction itself tells why.
    if (error instanceof Problem) return undefined
    throw error
  }
}

/** What is asked of the provider for a deposit: the same every time, as its key demands. */
export function depositRequest(
  transaction: Transaction,
  deposit: Deposit,
  projectId: string
): CreateDeposit {
  return {
    key: providerKey(transaction.id, transaction.attempt),
    transactionId: transaction.id,
    amount: Money.of(transaction.amount, transaction.currency),
    method: deposit.method === 'checkout' ? 'checkout' : 'payment_element',
    projectId,
    description: 'SafeSend escrow deposit',
    expiresAt: deposit.expiresAt.toJSDate(),
    returnUrl: deposit.returnUrl ?? undefined,
  }
}

/**
 * Notes that the provider may hear of this intent from now on. From here it is no longer enough to
 * forget the row: it has to be cancelled or looked up.
 */
async function markSent(transactionId: string) {
  return inTransaction(async (trx) => {
    const transaction = await lockTransaction(trx, transactionId)
    const deposit = await Deposit.query({ client: trx })
      .where('transaction_id', transactionId)
      .firstOrFail()
    if (transaction.status === 'pending' && deposit.state === 'live' && !transaction.sentAt) {
      await trx
        .from('transactions')
        .where('id', transactionId)
        .update({ sent_at: db.raw('now()') })
    }
    const { projectId } = await EscrowAccount.query({ client: trx })
      .where('id', transaction.escrowAccountId!)
      .firstOrFail()
    return { transaction, deposit, projectId }
  })
}
