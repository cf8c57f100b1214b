import { ProposalSchema } from '#database/schema'
import { belongsTo } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import Project from '#models/project'

export default class Proposal extends ProposalSchema {
  @belongsTo(() => Project)
  declare project: BelongsTo<typeof Project>
}
