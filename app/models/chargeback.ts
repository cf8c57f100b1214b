import { ChargebackSchema } from '#database/schema'
import { column } from '@adonisjs/lucid/orm'
import type { ProviderDispute } from '#payments/provider'
import type { Rail } from '#models/transaction'

/** A payer's dispute of a payment, inquiries included. What it moved is in the ledger. */
export default class Chargeback extends ChargebackSchema {
  @column()
  declare rail: Rail

  @column()
  declare state: ProviderDispute['state']

  /** Decided, though what it took may still have to come back. */
  get isDecided(): boolean {
    return this.state === 'won' || this.state === 'lost' || this.state === 'closed'
  }
}
