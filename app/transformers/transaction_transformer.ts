import { BaseTransformer } from '@adonisjs/core/transformers'
import { formatMinor } from '#ledger/money'
import type { ClientAction } from '#payments/provider'
import type Deposit from '#models/deposit'
import type Transaction from '#models/transaction'
import { isoTime } from '#transformers/serialize'

/** A transaction as its parties see it. Needs `escrowAccount` and `deposit.allocations` loaded. */
export default class TransactionTransformer extends BaseTransformer<Transaction> {
  constructor(
    resource: Transaction,
    protected clientAction?: ClientAction
  ) {
    super(resource)
  }

  toObject() {
    const transaction = this.resource
    const { currency } = transaction
    // Lucid calls a relation never absent; of a deposit only it is there.
    const deposit = transaction.deposit as Deposit | undefined
    return {
      id: transaction.id,
      escrow_account: transaction.escrowAccountId,
      project_id: transaction.escrowAccount?.projectId ?? null,
      milestone: transaction.milestoneId,
      amount: formatMinor(transaction.amount, currency),
      currency,
      transaction_type: transaction.transactionType,
      payment_provider: transaction.paymentProvider,
      provider_transaction_id: transaction.providerTransactionId,
      status: transaction.status,
      deposit_id: transaction.depositId,
      failure: transaction.failureCode
        ? { code: transaction.failureCode, message: transaction.failureMessage }
        : null,
      wait_reason: transaction.waitReason || null,
      created_at: isoTime(transaction.createdAt),
      completed_at: isoTime(transaction.completedAt),
      ...(deposit && {
        allocations: deposit.allocations.map((part) => ({
          milestone_id: part.milestoneId,
          amount: formatMinor(part.amount, currency),
        })),
        expires_at: isoTime(deposit.expiresAt),
        refundable_until: isoTime(deposit.refundableUntil),
        hold_until: isoTime(deposit.holdUntil),
        client_action: this.clientAction ?? null,
      }),
    }
  }
}
