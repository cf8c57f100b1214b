import { IdentitySchema } from '#database/schema'
import { column } from '@adonisjs/lucid/orm'
import type { Provider } from '#identity/oauth/providers'

/** An account elsewhere that signs a user in. */
export default class Identity extends IdentitySchema {
  @column()
  declare provider: Provider
}
