import { ReleaseSchema } from '#database/schema'
import { hasOne } from '@adonisjs/lucid/orm'
import type { HasOne } from '@adonisjs/lucid/types/relations'
import Payout from '#models/payout'

/** Held money that became the freelancer's: amount = fee + net, in minor units. */
export default class Release extends ReleaseSchema {
  @hasOne(() => Payout)
  declare payout: HasOne<typeof Payout>
}
