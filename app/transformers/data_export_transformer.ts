import { BaseTransformer } from '@adonisjs/core/transformers'
import type DataExport from '#models/data_export'
import { isoTime } from '#transformers/serialize'

/** A copy of somebody's data, as they see it. */
export default class DataExportTransformer extends BaseTransformer<DataExport> {
  toObject() {
    const { id, state, size, sha256, createdAt, readyAt, expiresAt } = this.resource
    const over = state === 'ready' && expiresAt !== null && expiresAt.toMillis() <= Date.now()
    return {
      id,
      status: over ? ('expired' as const) : state,
      size: size === null ? null : Number(size),
      sha256,
      created_at: isoTime(createdAt),
      ready_at: isoTime(readyAt),
      expires_at: isoTime(expiresAt),
    }
  }
}
