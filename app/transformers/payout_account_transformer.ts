import { BaseTransformer } from '@adonisjs/core/transformers'
import type PayoutAccount from '#models/payout_account'
import { isoTime } from '#transformers/serialize'

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
      is_default: account.isDefault,
      created_at: isoTime(account.createdAt),
    }
  }
}
