import { DisputeSchema } from '#database/schema'
import { belongsTo, column } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import Milestone from '#models/milestone'

export const DISPUTE_STATUSES = [
  'open',
  'negotiating',
  'escalated',
  'decided',
  'settled',
  'withdrawn',
] as const
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number]

/** What settled it. */
export const SETTLED_HOW = ['offer', 'no_answer', 'equal_split', 'decision'] as const
export type SettledHow = (typeof SETTLED_HOW)[number]

export const ESCALATED_REASONS = [
  'requested',
  'negotiation_over',
  'refund_unanswered',
  'could_not_answer',
] as const
export type EscalatedReason = (typeof ESCALATED_REASONS)[number]

/** Why it ended as withdrawn though nobody withdrew it. */
export const ENDED_BECAUSE = ['charged_back', 'refunded_elsewhere'] as const
export type EndedBecause = (typeof ENDED_BECAUSE)[number]

/** A disagreement of the two parties over what is held for a milestone. `askedAmount` is for the opener. */
export default class Dispute extends DisputeSchema {
  @column()
  declare status: DisputeStatus

  @column()
  declare settledHow: SettledHow | null

  @column()
  declare escalatedReason: EscalatedReason | null

  @column()
  declare endedBecause: EndedBecause | null

  @belongsTo(() => Milestone)
  declare milestone: BelongsTo<typeof Milestone>
}
