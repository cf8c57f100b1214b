import { PayoutAccountSchema } from '#database/schema'
import { column } from '@adonisjs/lucid/orm'
import type { PaymentProvider } from '#models/transaction'

export const PAYOUT_ACCOUNT_STATUSES = ['pending', 'enabled', 'restricted', 'disabled'] as const
export type PayoutAccountStatus = (typeof PAYOUT_ACCOUNT_STATUSES)[number]

export default class PayoutAccount extends PayoutAccountSchema {
  @column()
  declare paymentProvider: PaymentProvider

  @column()
  declare status: PayoutAccountStatus
}
