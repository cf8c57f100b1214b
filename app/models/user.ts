import { UserSchema } from '#database/schema'
import { column, hasOne } from '@adonisjs/lucid/orm'
import type { HasOne } from '@adonisjs/lucid/types/relations'
import { ERASED_NAME } from '#identity/erased'
import Profile from '#models/profile'

/** What a person does here. Staff are other people in another table. */
export const USER_TYPES = ['client', 'freelancer'] as const
export type UserType = (typeof USER_TYPES)[number]

export default class User extends UserSchema {
  @column()
  declare userType: UserType

  /** Null for an account that signs in at a provider only. */
  @column({ serializeAs: null })
  declare password: string | null

  @hasOne(() => Profile)
  declare profile: HasOne<typeof Profile>

  /** How the other party and e-mails call this person. */
  get displayName(): string {
    if (this.erasedAt) return ERASED_NAME
    return `${this.firstName} ${this.lastName}`.trim() || this.email
  }
}
