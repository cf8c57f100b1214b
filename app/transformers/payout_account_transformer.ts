import { BaseTransformer } from '@adonisjs/core/transformers'
import type PayoutAccount from '#models/payout_account'
import { isoTime } from '#transformers/serialize'

/** The newest payout to the owner's bank whose end is known. Without an amount in currencies not ours. */
interface BankPayoutOutput {
  id: string
  state: 'paid' | 'failed'
  at: string
  amount: string | null
  currency: string | null
  /** Why it failed, in the provider's words. */
  reason: string
}

/** A payout account as its owner sees it. */
export default class PayoutAccountTransformer extends BaseTransformer<PayoutAccount> {
  toObject() {
    const account = this.resource
    return {
      id: account.id,
      payment_provider: account.paymentProvider,
      destination: account.destination,
      country: account.country,
      status: account.status,
      requirements: account.requirements as string[],
      // From the recipient's balance at the provider to their bank: no money of ours.
      last_bank_payout: account.lastBankPayout as BankPayoutOutput | null,
      is_default: account.isDefault,
      created_at: isoTime(account.createdAt),
    }
  }
}
