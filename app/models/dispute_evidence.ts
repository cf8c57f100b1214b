import { DisputeEvidenceSchema } from '#database/schema'
import { belongsTo, column } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import type { ScanStatus } from '#models/deliverable'
import Dispute from '#models/dispute'

/** A file that a side shows the other one, and staff, in a dispute. */
export default class DisputeEvidence extends DisputeEvidenceSchema {
  static table = 'dispute_evidence'

  @column()
  declare scanStatus: ScanStatus

  // By its name it would be sha_256.
  @column({ columnName: 'sha256' })
  declare sha256: string

  @belongsTo(() => Dispute)
  declare dispute: BelongsTo<typeof Dispute>

  /** It may be looked at. */
  get isSafe(): boolean {
    return this.scanStatus === 'clean' || this.scanStatus === 'unscanned'
  }
}
