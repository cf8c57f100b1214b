import { ApprovalSchema } from '#database/schema'
import { belongsTo, column } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import { Money } from '#ledger/money'
import Staff from '#models/staff'

export const APPROVAL_KINDS = [
  'dispute_decision',
  'debt_write_off',
  'refund_paid_by_hand',
  'refund_adoption',
  'correcting_entry',
  'setting_change',
] as const
export type ApprovalKindName = (typeof APPROVAL_KINDS)[number]

/** What one person proposed and another has to approve; what became of it. */
export default class Approval extends ApprovalSchema {
  @column()
  declare kind: ApprovalKindName

  @column()
  declare status: 'proposed' | 'approved' | 'refused' | 'withdrawn'

  @column()
  declare via: 'console' | 'command_line'

  @belongsTo(() => Staff, { foreignKey: 'proposedBy' })
  declare proposer: BelongsTo<typeof Staff>

  @belongsTo(() => Staff, { foreignKey: 'decidedBy' })
  declare decider: BelongsTo<typeof Staff>

  get money(): Money {
    return Money.of(this.amount, this.currency)
  }
}
