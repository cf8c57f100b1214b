import { BaseTransformer } from '@adonisjs/core/transformers'
import type Identity from '#models/identity'
import { isoTime } from '#transformers/serialize'

/** An account elsewhere that signs its owner in. */
export default class IdentityTransformer extends BaseTransformer<Identity> {
  toObject() {
    const identity = this.resource
    return {
      id: identity.id,
      provider: identity.provider,
      email: identity.email,
      created_at: isoTime(identity.createdAt),
      last_used_at: isoTime(identity.lastUsedAt),
    }
  }
}
