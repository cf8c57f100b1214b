import { ReleaseSchema } from '#database/schema'
import { hasOne } from '@adonisjs/lucid/orm'
import type { HasOne } from '@adonisjs/lucid/types/relations'
import Payout from '#models/payout'

/**
 * Held money that became the freelancer's: amount = fee + net, in minor units. Of the net, `debtOffset` was
 * set off against what they owed; the rest is paid out.
 */
export default class Release extends ReleaseSchema {
  @hasOne(() => Payout)
  declare payout: HasOne<typeof Payout>
}
