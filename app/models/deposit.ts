import { DepositSchema } from '#database/schema'
import { hasMany } from '@adonisjs/lucid/orm'
import type { HasMany } from '@adonisjs/lucid/types/relations'
import DepositAllocation from '#models/deposit_allocation'

/** What a deposit has beside its transaction. */
export default class Deposit extends DepositSchema {
  @hasMany(() => DepositAllocation, { localKey: 'transactionId', foreignKey: 'transactionId' })
  declare allocations: HasMany<typeof DepositAllocation>
}
