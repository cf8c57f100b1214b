import { DeliverableSchema } from '#database/schema'
import { belongsTo, column } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import Milestone from '#models/milestone'

/** `unscanned`: there was no scanner when it came. */
export type ScanStatus = 'pending' | 'clean' | 'infected' | 'unscanned'

/** A file that a freelancer has uploaded for a milestone. */
export default class Deliverable extends DeliverableSchema {
  @column()
  declare scanStatus: ScanStatus

  // By its name it would be sha_256.
  @column({ columnName: 'sha256' })
  declare sha256: string

  @belongsTo(() => Milestone)
  declare milestone: BelongsTo<typeof Milestone>

  /** It may be downloaded and handed in. */
  get isSafe(): boolean {
    return this.scanStatus === 'clean' || this.scanStatus === 'unscanned'
  }
}
