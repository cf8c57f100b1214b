import { DataExportSchema } from '#database/schema'
import { belongsTo, column } from '@adonisjs/lucid/orm'
import type { BelongsTo } from '@adonisjs/lucid/types/relations'
import User from '#models/user'

export const EXPORT_STATES = ['pending', 'ready', 'failed', 'expired'] as const
export type ExportState = (typeof EXPORT_STATES)[number]

export default class DataExport extends DataExportSchema {
  @column()
  declare state: ExportState

  /** Named, because the naming strategy would look for `sha_256`. */
  @column({ columnName: 'sha256' })
  declare sha256: string | null

  @belongsTo(() => User)
  declare user: BelongsTo<typeof User>
}
