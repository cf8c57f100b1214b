import { BaseTransformer } from '@adonisjs/core/transformers'
import type User from '#models/user'
import { isoTime } from '#transformers/serialize'

/** An account as its owner sees it. */
export default class UserTransformer extends BaseTransformer<User> {
  toObject() {
    const user = this.resource
    return {
      id: user.id,
      email: user.email,
      user_type: user.userType,
      first_name: user.firstName,
      last_name: user.lastName,
      is_verified: user.isVerified,
      created_at: isoTime(user.createdAt),
    }
  }
}
