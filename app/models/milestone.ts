import { MilestoneSchema } from '#database/schema'
import { belongsTo, column, hasMany } from '@adonisjs/lucid/orm'
import type { BelongsTo, HasMany } from '@adonisjs/lucid/types/relations'
import Project from '#models/project'
import Submission from '#models/submission'

export const MILESTONE_STATUSES = ['pending', 'submitted', 'approved', 'rejected'] as const
export type MilestoneStatus = (typeof MILESTONE_STATUSES)[number]

export const CLOSED_REASONS = [
  'released',
  'refunded',
  'settled',
  'charged_back',
  'removed',
] as const
export type ClosedReason = (typeof CLOSED_REASONS)[number]

export default class Milestone extends MilestoneSchema {
  @column()
  declare status: MilestoneStatus

  @column()
  declare closedReason: ClosedReason | null

  @belongsTo(() => Project)
  declare project: BelongsTo<typeof Project>

  @hasMany(() => Submission)
  declare submissions: HasMany<typeof Submission>

  /** A client's money is held for it, or was. */
  get isFunded(): boolean {
    return this.fundedAt !== null
  }

  /** Nothing can happen to its money any more: all of it was released, refunded or charged back. */
  get isClosed(): boolean {
    return this.closedAt !== null
  }
}
