import { ReleaseSchema } from '#database/schema'
import { column, hasOne } from '@adonisjs/lucid/orm'
import type { HasOne } from '@adonisjs/lucid/types/relations'
import Payout from '#models/payout'

/** What made it due. */
export const RELEASE_KINDS = ['approval', 'early', 'inspection_elapsed', 'resolution'] as const
export type ReleaseKind = (typeof RELEASE_KINDS)[number]

/**
 * Held money that became the freelancer's: amount = fee + net, in minor units. Of the net, `debtOffset` was
 * set off against what they owed; the rest is paid out.
 */
export default class Release extends ReleaseSchema {
  @column()
  declare kind: ReleaseKind

  @hasOne(() => Payout)
  declare payout: HasOne<typeof Payout>
}
