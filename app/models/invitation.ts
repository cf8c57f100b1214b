import { InvitationSchema } from '#database/schema'
import { belongsTo, column } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import Project from '#models/project'
import User from '#models/user'

export const INVITATION_STATUSES = ['pending', 'accepted', 'declined', 'revoked'] as const
export type InvitationStatus = (typeof INVITATION_STATUSES)[number]

export default class Invitation extends InvitationSchema {
  @column()
  declare status: InvitationStatus

  @column({ serializeAs: null })
  declare tokenHash: string

  @belongsTo(() => Project)
  declare project: BelongsTo<typeof Project>

  @belongsTo(() => User, { foreignKey: 'invitedBy' })
  declare inviter: BelongsTo<typeof User>

  /** A query that selects `expires_at <= now() AS expired` says what time has made of it. */
  get currentStatus(): InvitationStatus | 'expired' {
    return this.status === 'pending' && this.$extras.expired ? 'expired' : this.status
  }
}
