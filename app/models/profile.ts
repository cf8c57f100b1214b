import { ProfileSchema } from '#database/schema'
import { column } from '@adonisjs/lucid/orm'
import { jsonColumn } from '#database/json_column'

/** What a user tells about themselves; made with the account. */
export default class Profile extends ProfileSchema {
  @column({ isPrimary: true })
  declare userId: string

  @jsonColumn()
  declare skills: string[]
}
