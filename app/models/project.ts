import { ProjectSchema } from '#database/schema'
import { belongsTo, column, hasMany, hasOne } from '@adonisjs/lucid/orm'
import type { BelongsTo, HasMany, HasOne } from '@adonisjs/lucid/types/relations'
import User from '#models/user'
import Milestone from '#models/milestone'
import EscrowAccount from '#models/escrow_account'

export const PROJECT_STATUSES = ['draft', 'active', 'completed', 'cancelled', 'disputed'] as const
export type ProjectStatus = (typeof PROJECT_STATUSES)[number]

export default class Project extends ProjectSchema {
  @column()
  declare status: ProjectStatus

  @belongsTo(() => User, { foreignKey: 'clientId' })
  // Not `client`: the type of a relation to a project has a member of that name already.
  declare clientUser: BelongsTo<typeof User>

  @belongsTo(() => User, { foreignKey: 'freelancerId' })
  declare freelancer: BelongsTo<typeof User>

  @hasMany(() => Milestone)
  declare milestones: HasMany<typeof Milestone>

  @hasOne(() => EscrowAccount)
  declare escrowAccount: HasOne<typeof EscrowAccount>
}
