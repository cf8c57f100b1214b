import { ProposalSchema } from '#database/schema'
import { belongsTo, column } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import Project from '#models/project'

/** What a proposal says it is: its `changes` are of that kind. */
export const PROPOSAL_KINDS = [
  'change_project',
  'add_milestone',
  'change_milestone',
  'remove_milestone',
] as const
export type ProposalKind = (typeof PROPOSAL_KINDS)[number]

export const PROPOSAL_STATUSES = ['open', 'accepted', 'declined'] as const
export type ProposalStatus = (typeof PROPOSAL_STATUSES)[number]

export default class Proposal extends ProposalSchema {
  @column()
  declare kind: ProposalKind

  @column()
  declare status: ProposalStatus

  @belongsTo(() => Project)
  declare project: BelongsTo<typeof Project>
}
