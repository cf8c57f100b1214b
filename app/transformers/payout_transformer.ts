import { BaseTransformer } from '@adonisjs/core/transformers'
import { formatMinor } from '#ledger/money'
import type Payout from '#models/payout'
import { isoTime } from '#transformers/serialize'

/** A payout as its freelancer sees it. Needs `transaction` and `release` loaded. */
export default class PayoutTransformer extends BaseTransformer<Payout> {
  toObject() {
    const payout = this.resource
    const { transaction } = payout
    return {
      id: payout.transactionId,
      release_id: payout.releaseId,
      // Gives back what was recovered for a chargeback that was won after all.
      chargeback_id: payout.chargebackId,
      // Sends once more what came back of that payout.
      repays: payout.repaysId,
      milestone: transaction.milestoneId,
      payout_account_id: payout.payoutAccountId,
      payment_provider: transaction.paymentProvider,
      provider_transaction_id: transaction.providerTransactionId,
      amount: formatMinor(transaction.amount, transaction.currency),
      currency: transaction.currency,
      // What of the release was set off against a debt; `amount` is the rest.
      debt_offset: formatMinor(payout.release?.debtOffset ?? 0n, transaction.currency),
      returned_amount: formatMinor(payout.returnedAmount, transaction.currency),
      state: payout.state,
      status: transaction.status,
      wait_reason: transaction.waitReason || null,
      failure: transaction.failureCode
        ? { code: transaction.failureCode, message: transaction.failureMessage }
        : null,
      not_before: isoTime(payout.notBefore),
      created_at: isoTime(transaction.createdAt),
      completed_at: isoTime(transaction.completedAt),
    }
  }
}
