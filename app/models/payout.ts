import { PayoutSchema } from '#database/schema'
import { belongsTo } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import Transaction from '#models/transaction'
import Release from '#models/release'

/** What a payout has beside its transaction: which release it pays, and where it stands. */
export default class Payout extends PayoutSchema {
  /** A payout is known by its transaction. */
  get id(): string {
    return this.transactionId
  }

  @belongsTo(() => Transaction)
  declare transaction: BelongsTo<typeof Transaction>

  @belongsTo(() => Release)
  declare release: BelongsTo<typeof Release>
}
