import { column } from '@adonisjs/lucid/orm'
import { StaffSchema } from '#database/schema'

export const STAFF_ROLES = ['support', 'finance', 'admin'] as const
export type StaffRole = (typeof STAFF_ROLES)[number]

/** Somebody who works here, and signs in to the console. */
export default class Staff extends StaffSchema {
  static table = 'staff'

  @column()
  declare role: StaffRole

  @column({ serializeAs: null })
  declare password: string | null
}
