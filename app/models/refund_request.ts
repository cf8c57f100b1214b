import { RefundRequestSchema } from '#database/schema'
import { belongsTo } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import Transaction from '#models/transaction'

/** A client's wish to have held money back, and what became of it. */
export default class RefundRequest extends RefundRequestSchema {
  @belongsTo(() => Transaction)
  declare transaction: BelongsTo<typeof Transaction>
}
