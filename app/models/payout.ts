import { PayoutSchema } from '#database/schema'
import { belongsTo, column } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import Transaction from '#models/transaction'
import Release from '#models/release'

export const PAYOUT_STATES = [
  'waiting',
  'in_transit',
  'paid',
  'failed',
  'returned',
  'cancelled',
] as const
export type PayoutState = (typeof PAYOUT_STATES)[number]

/** What a payout has beside its transaction: which release it pays, and where it stands. */
export default class Payout extends PayoutSchema {
  /** A payout is known by its transaction. */
  get id(): string {
    return this.transactionId
  }

  @column()
  declare state: PayoutState

  @belongsTo(() => Transaction)
  declare transaction: BelongsTo<typeof Transaction>

  @belongsTo(() => Release)
  declare release: BelongsTo<typeof Release>
}
