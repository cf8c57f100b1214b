import { TransactionSchema } from '#database/schema'
import { belongsTo, column, hasOne } from '@adonisjs/lucid/orm'
import type { BelongsTo, HasOne } from '@adonisjs/lucid/types/relations'
import Deposit from '#models/deposit'
import EscrowAccount from '#models/escrow_account'

export const TRANSACTION_TYPES = [
  'deposit',
  'release',
  'refund',
  'fee',
  'payout',
  'chargeback',
  'treasury',
] as const
export type TransactionType = (typeof TRANSACTION_TYPES)[number]

/** What the user chose and sees. */
export const PAYMENT_PROVIDERS = ['stripe', 'paypal', 'venmo'] as const
export type PaymentProvider = (typeof PAYMENT_PROVIDERS)[number]
/** As people write them. */
export const PROVIDER_NAMES: Record<PaymentProvider, string> = {
  stripe: 'Stripe',
  paypal: 'PayPal',
  venmo: 'Venmo',
}

/** Whose balance moves: Venmo's money moves on PayPal's rail. */
export const RAILS = ['stripe', 'paypal'] as const
export type Rail = (typeof RAILS)[number]

export const TRANSACTION_STATUSES = ['pending', 'completed', 'failed'] as const
export type TransactionStatus = (typeof TRANSACTION_STATUSES)[number]

/** One intent to move money, in minor units of its currency. */
export default class Transaction extends TransactionSchema {
  @column()
  declare transactionType: TransactionType

  @column()
  declare paymentProvider: PaymentProvider

  @column()
  declare rail: Rail

  @column()
  declare status: TransactionStatus

  @belongsTo(() => EscrowAccount)
  declare escrowAccount: BelongsTo<typeof EscrowAccount>

  @hasOne(() => Deposit, { foreignKey: 'transactionId' })
  declare deposit: HasOne<typeof Deposit>
}
