import { RefundRequestSchema } from '#database/schema'
import { belongsTo, column } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import type { Money } from '#ledger/money'
import Transaction from '#models/transaction'

export const REFUND_REQUEST_STATUSES = [
  'requested',
  'accepted',
  'declined',
  'escalated',
  'withdrawn',
] as const
export type RefundRequestStatus = (typeof REFUND_REQUEST_STATUSES)[number]

/** A client's wish to have held money back, and what became of it. */
export default class RefundRequest extends RefundRequestSchema {
  @column()
  declare status: RefundRequestStatus

  @belongsTo(() => Transaction)
  declare transaction: BelongsTo<typeof Transaction>

  /** What of it no rail could carry and is still owed, once `withWhatIsOwed` has looked. */
  declare owed?: Money

  /** The money came from our bank; see `withWhatIsOwed`. */
  declare paidByHand?: boolean
}
