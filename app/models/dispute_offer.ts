import { DisputeOfferSchema } from '#database/schema'
import { belongsTo, column } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import Dispute from '#models/dispute'

export const OFFER_STATUSES = ['open', 'accepted', 'declined', 'superseded', 'expired'] as const
export type OfferStatus = (typeof OFFER_STATUSES)[number]

/** A split that one side offers; one is open at a time. */
export default class DisputeOffer extends DisputeOfferSchema {
  @column()
  declare status: OfferStatus

  /** All that it divides, in minor units. */
  get divides(): bigint {
    return this.toFreelancer + this.toClient
  }

  @belongsTo(() => Dispute)
  declare dispute: BelongsTo<typeof Dispute>
}
